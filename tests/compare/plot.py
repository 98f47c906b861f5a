"""A plot as SVG: for each workload a panel of bars, one per system, each with its figure."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

PANEL_WIDTH, LABEL_WIDTH, BAR_HEIGHT, HEAD_HEIGHT, PER_ROW = 560, 200, 16, 30, 2
COLOURS = {"hotpath": "#2563eb", "floor": "#6b7280", "peer": "#d97706"}
STYLE = "text{font:12px sans-serif;fill:#111}.title{font-weight:bold}"


def draw(panels: Sequence[tuple[str, Mapping[str, float]]], kinds: Mapping[str, str]) -> str:
    """Return the plot.

    Args:
        panels: Title, and the figure of each system; bars are as long as their share of the most.
        kinds: Of each system; it gives the colour.
    """
    rows = max((len(figures) for _, figures in panels), default=0)
    height = HEAD_HEIGHT + (rows + 1) * BAR_HEIGHT
    drawn = [
        f'<g transform="translate({n % PER_ROW * PANEL_WIDTH} {n // PER_ROW * height})">'
        f"{_panel(title, figures, kinds)}</g>"
        for n, (title, figures) in enumerate(panels)
    ]
    whole = PER_ROW * PANEL_WIDTH, -(-len(panels) // PER_ROW) * height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole[0]} {whole[1]}">'
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>'
        f"{''.join(drawn)}</svg>\n"
    )


def _panel(title: str, figures: Mapping[str, float], kinds: Mapping[str, str]) -> str:
    most = max(figures.values(), default=1)
    room = PANEL_WIDTH - LABEL_WIDTH - 80
    parts = [f'<text class="title" x="8" y="20">{escape(title)}</text>']
    for number, (system, figure) in enumerate(figures.items()):
        top = HEAD_HEIGHT + number * BAR_HEIGHT
        length = max(1, round(figure / most * room))
        parts.append(
            f'<text x="{LABEL_WIDTH - 6}" y="{top + 11}" text-anchor="end">{escape(system)}</text>'
            f'<rect x="{LABEL_WIDTH}" y="{top}" width="{length}" height="{BAR_HEIGHT - 4}" '
            f'fill="{COLOURS[kinds[system]]}"/>'
            f'<text x="{LABEL_WIDTH + length + 4}" y="{top + 11}">{short(figure)}</text>'
        )
    return "".join(parts)


def short(figure: float) -> str:
    """Return a figure with as many digits as it deserves."""
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"
