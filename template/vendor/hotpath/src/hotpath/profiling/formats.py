"""Profiles as they are looked at: one HTML page without external assets, and speedscope's JSON."""

from collections.abc import Iterator
from html import escape
from typing import Any, Literal
from zlib import crc32

import orjson

from hotpath.profiling.profile import Frame, Node, Profile, tree_of

Format = Literal["html", "speedscope"]
MEDIA_TYPES: dict[Format, str] = {
    "html": "text/html; charset=utf-8",
    "speedscope": "application/json",
}

_MAX_DEPTH = 150
_MIN_SHARE = 0.001
"""Narrower boxes are left out: a thousandth of a screen is a pixel or two."""

_MAX_LISTED = 30
_ROW_PX = 18
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark }}
body {{ font: 14px system-ui, sans-serif; margin: 1em }}
#flame {{ position: relative; height: {height}px; font-size: 12px }}
#flame a {{ position: absolute; height: {box}px; line-height: {box}px; overflow: hidden;
  white-space: nowrap; color: #000; border-radius: 2px; padding: 0 0 0 2px;
  box-sizing: border-box; border-right: 1px solid #fff8 }}
td, th {{ text-align: left; padding: 0 1em 0 0; vertical-align: top; overflow-wrap: anywhere }}
td:first-child {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }}
</style></head><body>
<h1>{title}</h1>
<p>{summary}</p>
<div id="flame">{boxes}</div>
<h2>Own time</h2>
<table><tr><th>seconds</th><th>share</th><th>function</th><th>where</th></tr>{rows}</table>
<script>
// A click shows a box at full width; one on the lowest row shows all again.
const boxes = [...document.querySelectorAll('#flame a')].map(a =>
  [a, parseFloat(a.style.left), parseFloat(a.style.width)]);
for (const [a, left, width] of boxes) a.onclick = () => boxes.forEach(([b, l, w]) => {{
  const from = Math.max(l, left), to = Math.min(l + w, left + width);
  b.hidden = to - from <= 1e-6;
  b.style.left = (from - left) / width * 100 + '%';
  b.style.width = (to - from) / width * 100 + '%';
}});
</script>
</body></html>
"""


def render(profile: Profile, format_: Format) -> bytes:
    """Return a profile as it is sent. Cost: some 50 ms for the largest."""
    if format_ == "speedscope":
        return orjson.dumps(speedscope(profile))
    return html(profile).encode()


def html(profile: Profile) -> str:
    """Return a page with a flame graph and the functions with the most time of their own.

    Its boxes and their titles need no JavaScript; to look into one does.
    """
    total = profile.total_seconds
    tree = tree_of(profile, _MAX_DEPTH)
    nodes = [each for each in tree.walk() if each[0].seconds >= total * _MIN_SHARE]
    height = (max(depth for _, _, depth in nodes) + 1) * _ROW_PX
    return _PAGE.format(
        title=escape(profile.about.name),
        summary=escape(_summary(profile)),
        height=height,
        box=_ROW_PX - 1,
        boxes="".join(_box(node, start, depth, total) for node, start, depth in nodes),
        rows="".join(_rows(profile)),
    )


def speedscope(profile: Profile) -> dict[str, Any]:
    """Return a profile in the file format of https://www.speedscope.app."""
    content = profile.to_json()
    samples = [stack for stack, _ in content["stacks"]]
    weights = [seconds for _, seconds in content["stacks"]]
    return {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "name": profile.about.name,
        "exporter": "hotpath",
        "activeProfileIndex": 0,
        "shared": {
            "frames": [
                {"name": name, "file": file or "built-in", "line": line}
                for name, file, line in content["frames"]
            ]
        },
        "profiles": [
            {
                "type": "sampled",
                "name": profile.about.name,
                "unit": "seconds",
                "startValue": 0,
                "endValue": profile.total_seconds,
                "samples": samples,
                "weights": weights,
            }
        ],
    }


def _summary(profile: Profile) -> str:
    about = profile.about
    clock = {"wall": "wall clock", "cpu": "CPU time"}[about.clock]
    parts = [
        f"{clock}: {profile.total_seconds:.4f} s of work in {about.seconds:.3f} s",
        f"{about.idle_seconds:.3f} s idle" if about.kind == "process" else "",
        f"process {about.pid}",
        about.started_at,
    ]
    return " · ".join(filter(None, parts))


def _box(node: Node, start: float, depth: int, total: float) -> str:
    name = escape(node.frame.name)
    share = node.seconds / total if total else 1.0
    left = start / total if total else 0.0
    title = f"{name} {share:.1%}, {node.seconds:.4f} s\n{escape(node.frame.place)}"
    style = (
        f"left:{left * 100:.4f}%;width:{share * 100:.4f}%;top:{depth * _ROW_PX}px;"
        f"background:{_colour(node.frame)}"
    )
    return f'<a style="{style}" title="{title}">{name}</a>\n'


def _rows(profile: Profile) -> Iterator[str]:
    total = profile.total_seconds or 1.0
    for frame, seconds in profile.own_seconds()[:_MAX_LISTED]:
        cells = f"{seconds:.4f}", f"{seconds / total:.1%}", frame.name, frame.place
        yield "<tr>" + "".join(f"<td>{escape(each)}</td>" for each in cells) + "</tr>\n"


def _colour(frame: Frame) -> str:
    """Return a warm colour, the same for all functions of a file."""
    return f"hsl({10 + crc32(frame.file.encode()) % 45} 85% 70%)"
