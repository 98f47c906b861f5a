"""Metrics of many processes in one folder: real files, of processes that end in every way."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

import pytest
from hotpath.observability.metrics import Metrics
from hotpath.observability.multiprocess import (
    FOLDER_VARIABLE,
    archive_ended,
    open_shared_values,
    read_totals,
)
from hotpath.observability.shared_values import SUFFIX, SharedValues, read_values
from prometheus_client import Counter, Enum, Gauge, Histogram
from prometheus_client.parser import text_string_to_metric_families

PROCESSES = 20
COUNTED = """
import sys
from hotpath.observability.metrics import Metrics
metrics = Metrics("shop")
metrics.cache_hits.labels("l1").count += 7
metrics.query_seconds.add_all([0.002, 3.0])
metrics.in_flight.set(5)
metrics.flush()
print("counted", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that `Metrics` of this process and of others share."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


def test_the_folder_of_another_user_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who made it first could put anything there."""
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)

    with pytest.raises(PermissionError, match="is of another user"):
        open_shared_values(tmp_path)


@contextmanager
def counting() -> Iterator[subprocess.Popen[str]]:
    """Run a process that has counted, until it is killed at the end."""
    command = [sys.executable, "-c", COUNTED]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "counted\n"
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)


def scrape(metrics: Metrics) -> dict[str, float]:
    """Return the samples of a scrape by name, with the labels' values where there are any."""
    families = text_string_to_metric_families(metrics.render().decode())
    return {
        ":".join((sample.name, *sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.mark.usefixtures("folder")
def test_what_killed_processes_counted_is_neither_lost_nor_doubled(folder: Path) -> None:
    metrics = Metrics("shop")
    for number in range(1, PROCESSES + 1):
        with counting():
            alive = scrape(metrics)
        dead = scrape(metrics)

        for samples in (alive, dead):
            assert samples["shop_cache_hits_total:l1"] == 7 * number
            assert samples["shop_db_query_seconds_bucket:0.0025"] == number
            assert samples["shop_db_query_seconds_count"] == 2 * number
            assert samples["shop_db_query_seconds_sum"] == pytest.approx(3.002 * number)
        assert (alive["shop_http_requests_in_flight"], dead["shop_http_requests_in_flight"]) == (
            5,
            0,
        )
        assert len([*folder.iterdir()]) <= 3, "files of ended processes stay"


@pytest.mark.usefixtures("folder")
def test_nothing_is_lost_or_doubled_while_others_scrape_and_archive(folder: Path) -> None:
    is_over = Event()
    seen: list[list[float]] = []

    def watch() -> None:
        totals = []
        while not is_over.is_set():
            totals.append(sum(read_totals(folder).get(b"+hits", [0])))
        seen.append(totals)

    with ThreadPoolExecutor(4) as threads:
        watching = [threads.submit(watch) for _ in range(4)]
        for _ in range(200):
            values = SharedValues(folder)
            values.write(b"+hits", [1])
            del values  # releases the lock, as the end of a process does
        is_over.set()
        for each in watching:
            each.result()

    archive_ended(folder)
    assert read_totals(folder) == {b"+hits": [200.0]}
    assert [totals for totals in seen if totals != sorted(totals)] == []
    assert not [*folder.glob(f"*{SUFFIX}")]


def test_an_archive_that_was_written_before_the_files_were_deleted_counts_once(
    tmp_path: Path,
) -> None:
    values = SharedValues(tmp_path)
    values.write(b"+hits", [3])
    del values  # releases the lock, as the end of a process does
    [file] = tmp_path.glob(f"*{SUFFIX}")
    content = file.read_bytes()
    archive_ended(tmp_path)
    file.write_bytes(content)  # as if the process had been killed before it deleted it

    assert read_totals(tmp_path) == {b"+hits": [3.0]}
    assert not file.exists()
    assert read_totals(tmp_path) == {b"+hits": [3.0]}


def test_files_that_were_never_finished_are_deleted_in_the_end(tmp_path: Path) -> None:
    old, new = tmp_path / "1-a.new", tmp_path / "2-b.new"
    for file in (old, new):
        file.touch()
    os.utime(old, (0, 0))
    SharedValues(tmp_path)  # of a process that has ended

    archive_ended(tmp_path)

    assert (old.exists(), new.exists()) == (False, True)


def test_values_of_any_number_are_read_back(tmp_path: Path) -> None:
    values = SharedValues(tmp_path)
    rows = {f"+{number}".encode(): tuple(map(float, range(number % 20))) for number in range(3000)}
    for _ in range(2):
        for key, each in rows.items():
            values.write(key, each)

    [file] = tmp_path.glob(f"*{SUFFIX}")
    assert dict(read_values(file)) == rows


@pytest.mark.usefixtures("folder")
def test_metrics_of_the_library_are_summed_up_too() -> None:
    processes = [Metrics("shop"), Metrics("shop")]
    for metrics in processes:
        registry = metrics.registry
        Counter("shop_orders", "Orders", ["kind"], registry=registry).labels('a "b"').inc(2)
        Gauge("shop_open_orders", "Open", registry=registry).set(3)
        Histogram("shop_order_seconds", "Seconds", registry=registry, buckets=[1, 2]).observe(1.5)
        Enum("shop_state", "State", states=["a", "b"], registry=registry).state("b")
        metrics.flush()

    samples = scrape(processes[0])

    assert {name: value for name, value in samples.items() if "order" in name} == {
        'shop_orders_total:a "b"': 4,
        "shop_open_orders": 6,
        "shop_order_seconds_bucket:1.0": 0,
        "shop_order_seconds_bucket:2.0": 2,
        "shop_order_seconds_bucket:+Inf": 2,
        "shop_order_seconds_count": 2,
        "shop_order_seconds_sum": 3,
    }
    assert (samples["shop_state:a"], samples["shop_state:b"]) == (0, 1)


@pytest.mark.usefixtures("folder")
def test_a_fork_of_a_process_does_not_write_into_its_file() -> None:
    metrics = Metrics("shop")
    hits = metrics.cache_hits.labels("l1")
    hits.inc()
    metrics.flush()
    child = os.fork()
    if not child:
        with suppress(BaseException):
            hits.inc(100)
            metrics.flush()
        os._exit(0)
    os.waitpid(child, 0)

    assert scrape(metrics)["shop_cache_hits_total:l1"] == 1


def test_a_process_that_cannot_share_its_metrics_runs_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv(FOLDER_VARIABLE, str(file))

    metrics = Metrics("shop")
    metrics.cache_loads.inc()
    metrics.flush()

    assert metrics.cache_loads.count == 1


def test_a_folder_that_was_deleted_is_made_again(folder: Path) -> None:
    Metrics("shop").cache_loads.inc()
    shutil.rmtree(folder)

    metrics = Metrics("shop")
    metrics.cache_loads.inc()

    assert scrape(metrics)["shop_cache_loads_total"] == 1


def test_two_metrics_of_one_name_are_an_error() -> None:
    metrics = Metrics("shop")

    with pytest.raises(ValueError, match="Duplicated timeseries"):
        metrics.counter("cache_loads", "Values loaded")


def test_labels_that_a_metric_does_not_have_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"shop_cache_hits has the labels \('tier',\)"):
        Metrics("shop").cache_hits.labels("l1", "GET")
