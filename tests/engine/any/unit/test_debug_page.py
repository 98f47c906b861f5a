"""The page of `/debug`: what it shows of a report, and that nothing in it is HTML."""

import re
from typing import Any

from hotpath.debug.page import HEADERS, render_page

EVIL = "<script>alert(1)</script>"


def report(**sections: Any) -> dict[str, Any]:
    empty = dict.fromkeys(
        ("system", "event_loop", "threads", "latency", "pools", "cache", "queue", "garbage")
    )
    lists: dict[str, list[Any]] = {"batches": [], "statements": [], "timers": []}
    process = {"pid": 31815, "processes": 1, "rss_bytes": 90_000_000, "cpu_percent": 7.4}
    head = {"at": "2026-11-28T13:08:45.123Z", "process": process, "links": {"json": "/debug.json"}}
    return {**head, **empty, **lists, **sections}


def text_of(page: str) -> str:
    body = page.partition("<body>")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_figures_have_their_units() -> None:
    timer = {"name": "load", "count": 1234, "total_s": 0.0123, "mean_s": 1e-05, "max_s": 200.0}

    text = text_of(render_page("shop", report(timers=[timer])))

    assert "shop · process 31815 2026-11-28 13:08:45 UTC, again every 5 s" in text
    assert "rss 90.0 MB cpu 7 %" in text
    assert "name count total mean max load 1,234 12.3 ms 10 µs 3 min" in text


def test_dictionaries_inside_of_a_section_are_rows() -> None:
    pools = {
        "pid": 31815,
        "database": {"size": 5, "waiting": 0},
        "dedicated": None,
        "cache": {"l2": {"size": 8, "waiting": 1}},
    }

    text = text_of(render_page("shop", report(pools=pools)))

    assert "Pools name size waiting database 5 0 cache l2 8 1" in text


def test_a_section_without_rows_says_so_and_one_that_is_none_is_left_out() -> None:
    text = text_of(render_page("shop", report()))

    assert "Timers nothing yet" in text
    assert "Event loop" not in text


def test_several_processes_are_told() -> None:
    others = report()
    others["process"]["processes"] = 4

    assert "one of 4 processes: the next load may show another" in render_page("shop", others)


def test_no_name_is_html() -> None:
    row = {"name": EVIL, "count": 1}

    page = render_page(EVIL, report(timers=[row], links={EVIL: f'"{EVIL}'}))

    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = render_page("shop", report())

    assert not re.search(r"<script|<link|<img|src=|@import|url\(|\son\w+=", page)
    assert re.findall(r'href="([^"]+)"', page) == ["/debug.json"]
    assert '<meta http-equiv="refresh" content="5">' in page
    assert "default-src 'none'" in HEADERS["content-security-policy"]
