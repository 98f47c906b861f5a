"""The page of `/debug`: the report as HTML, without scripts and without anything to load."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

REFRESH_S = 5
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "referrer-policy": "no-referrer",
    "vary": "accept, authorization",
}
"""Of the page: a browser loads nothing, and runs nothing, whatever is in a name."""

_TITLES = {
    "process": "Process",
    "system": "Machine",
    "event_loop": "Event loop, last minute",
    "threads": "Threads of the server",
    "latency": "Latency by route, last minute",
    "pools": "Pools",
    "cache": "Cache tiers",
    "batches": "Batches",
    "queue": "Task queue",
    "statements": "Statements that took most time",
    "garbage": "Garbage collector",
    "timers": "Timers",
}
_NOTES = {
    "latency": "Interpolated in the buckets of the metrics, 1, 2.5, 5, 10 … ms: "
    "below 1 ms it only says that it is below.",
}
_HIDDEN = frozenset({"pid", "links", "at"})  # the head of the page has them
_BAD = frozenset({"degraded", "unavailable"})
_TEXT_SHOWN = 300
_STYLE = """
:root { color-scheme: light dark; --fg: #1c1e21; --bg: #f4f5f7; --card: #fff; --line: #dfe2e6;
  --soft: #5f6670; --bad: #b3261e; --link: #0b57d0 }
@media (prefers-color-scheme: dark) { :root { --fg: #e4e6ea; --bg: #16181b; --card: #1f2226;
  --line: #353a40; --soft: #9aa2ad; --bad: #ff8a80; --link: #8ab4f8 } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 76rem; padding: 1rem; background: var(--bg); color: var(--fg);
  font: 15px/1.45 system-ui, sans-serif }
h1 { margin: 0; font-size: 1.3rem } h2 { margin: 0 0 .5rem; font-size: 1rem }
header p, nav { margin: .25rem 0; color: var(--soft) }
a { color: var(--link) } nav a { margin-right: 1rem; display: inline-block; padding: .25rem 0 }
main { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(21rem, 1fr));
  margin-top: 1rem }
section { min-width: 0; padding: .8rem 1rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .5rem }
section.wide { grid-column: 1 / -1 }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: .5rem 1rem;
  margin: 0 0 .6rem } dl:last-child { margin-bottom: 0 }
dt { color: var(--soft); font-size: .8rem } dd { margin: 0; font-variant-numeric: tabular-nums }
div { overflow-x: auto } table { border-collapse: collapse; width: 100% }
th, td { padding: .25rem .7rem .25rem 0; text-align: right; vertical-align: top;
  white-space: nowrap; font-variant-numeric: tabular-nums; border-top: 1px solid var(--line) }
th { color: var(--soft); font-size: .8rem; font-weight: normal; border: 0 }
.text { text-align: left } td.long { white-space: normal; min-width: 18rem;
  overflow-wrap: anywhere; font: 12px/1.4 ui-monospace, monospace }
.bad { color: var(--bad); font-weight: bold } .none { color: var(--soft); margin: 0 }
p.note { margin: 0 0 .5rem; color: var(--soft); font-size: .8rem }
@media (max-width: 40rem) {
  body { padding: .5rem } main { grid-template-columns: 1fr }
  .wide thead { display: none }
  .wide tr { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: .35rem 0;
    border-top: 1px solid var(--line) }
  .wide td { border: 0; padding: 0; min-width: 0 } .wide td.long { flex-basis: 100% }
  .wide td:not(.text)::before { content: attr(data-label) " "; color: var(--soft);
    font-size: .8rem }
  .wide td.none { display: none } }
"""

Row = Mapping[str, Any]


def render_page(service: str, report: Mapping[str, Any]) -> str:
    """Return the page of a report.

    Args:
        service: The name of the service.
        report: `DebugReport` as a dictionary of JSON values; names end in their units.
    Cost: 1 ms.
    """
    process, links = report["process"], report["links"]
    title = f"{service} · process {process['pid']}"
    nav = "".join(f'<a href="{escape(to)}">{escape(name)}</a>' for name, to in links.items())
    others = process["processes"] - 1
    told = f"; one of {others + 1} processes: the next load may show another" if others else ""
    at = report["at"][:19].replace("T", " ")
    sections = "".join(
        _section(name, title, report[name])
        for name, title in _TITLES.items()
        if report[name] is not None
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="refresh" content="{REFRESH_S}"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><header><h1>{escape(title)}</h1>"
        f"<p>{escape(at)} UTC, again every {REFRESH_S} s{told}</p>"
        f"<nav>{nav}</nav></header><main>{sections}</main></body></html>"
    )


def _section(name: str, title: str, value: Any) -> str:
    rows = value if isinstance(value, Sequence) else [*_rows("", value)]
    fields = {} if isinstance(value, Sequence) else _scalars(value)
    parts = [_fields(fields) if fields else "", _table(rows) if rows else ""]
    body = "".join(parts) or '<p class="none">nothing yet</p>'
    if name in _NOTES:
        body = f'<p class="note">{escape(_NOTES[name])}</p>{body}'
    is_wide = len(_columns(rows)) > 4  # noqa: PLR2004 - a card of half the page has room for four
    return f"<section{' class=wide' if is_wide else ''}><h2>{escape(title)}</h2>{body}</section>"


def _scalars(value: Row) -> Row:
    return {
        name: each
        for name, each in value.items()
        if not isinstance(each, list | dict) and each is not None and name not in _HIDDEN
    }


def _rows(name: str, value: Row) -> Iterator[Row]:
    """Yield the rows of a table: those of lists, and a row for each dictionary, by its name."""
    for key, each in value.items():
        if isinstance(each, list):
            yield from each
        elif isinstance(each, dict):
            path = f"{name} {key}".strip()
            if scalars := _scalars(each):
                yield {"name": path, **scalars}
            yield from _rows(path, each)


def _fields(fields: Row) -> str:
    cells = (
        f"<div><dt>{escape(_label(name))}</dt>{_cell('dd', name, value)}</div>"
        for name, value in fields.items()
    )
    return f"<dl>{''.join(cells)}</dl>"


def _table(rows: Sequence[Row]) -> str:
    columns = _columns(rows)
    is_text = {name: any(isinstance(row.get(name), str) for row in rows) for name in columns}
    head = "".join(
        f"<th{' class=text' if is_text[name] else ''}>{escape(_label(name))}</th>"
        for name in columns
    )
    body = "".join(
        f"<tr>{''.join(_cell('td', name, row.get(name)) for name in columns)}</tr>" for row in rows
    )
    return f"<div><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _columns(rows: Sequence[Row]) -> list[str]:
    return [*dict.fromkeys(name for row in rows for name in row)]


def _cell(tag: str, name: str, value: Any) -> str:
    kinds = []
    if isinstance(value, str):
        kinds.append("text")
        kinds += ["long"] if name == "statement" else []
        kinds += ["bad"] if value in _BAD else []
    kinds += ["none"] if value is None else []
    attribute = f' class="{" ".join(kinds)}"' if kinds else ""
    if tag == "td":
        attribute += f' data-label="{escape(_label(name))}"'
    return f"<{tag}{attribute}>{escape(_shown(name, value))}</{tag}>"


def _label(name: str) -> str:
    name = name.replace("_per_s", "/s")
    unit = next((each for each in _UNITS if name.endswith(each)), "")
    return name.removesuffix(unit).replace("_", " ")


def _shown(name: str, value: Any) -> str:
    """Return a value with the unit that its name ends in."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case str():
            return value if len(value) <= _TEXT_SHOWN else value[:_TEXT_SHOWN] + "…"
    shown = (show(value) for suffix, show in _UNITS.items() if name.endswith(suffix))
    return next(shown, f"{value:,}" if isinstance(value, int) else f"{value:,.1f}")


def _bytes(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if abs(size) < 1000:  # noqa: PLR2004 - as the units are
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"


def _duration(seconds: float) -> str:
    if not seconds:
        return "0"
    for limit, factor, unit in ((0.001, 1e6, "µs"), (1, 1e3, "ms"), (120, 1, "s")):
        if seconds < limit:
            return f"{seconds * factor:.3g} {unit}"
    for limit, factor, unit in ((7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / factor:.0f} {unit}"
    return f"{seconds / 86_400:.0f} days"


_UNITS: Mapping[str, Callable[[float], str]] = {
    "_bytes": _bytes,
    "_percent": "{:.0f} %".format,
    "_per_s": "{:,.1f}".format,
    "_s": _duration,
}
"""By what a name ends in: how its value is shown; the first that fits."""
