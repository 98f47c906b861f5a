"""What processes share, as keys and values, and what Prometheus scrapes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import orjson
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric, Sample
from prometheus_client.registry import Collector

from hotpath.observability.buffered import Buffered, Description, Family, Values, metric_of
from hotpath.observability.multiprocess import CUMULATIVE, GAUGE, STATE, Totals
from hotpath.observability.shared_values import SharedValues

_OWN, _SAMPLE = "family", "sample"
_KINDS = {"counter": CUMULATIVE, "histogram": CUMULATIVE, "summary": CUMULATIVE, "gauge": GAUGE}


class Publisher:
    """Writes the metrics of this process to its file, as far as they changed."""

    def __init__(self, values: SharedValues) -> None:
        self._shared = values
        self._last: dict[Buffered, Values] = {}
        self._key_by_series: dict[Buffered, bytes] = {}

    def publish(self, families: Iterable[Family[Any]], collectors: Iterable[Collector]) -> None:
        """Write what changed.

        Cost: 0.1 µs for each series of a family, 1 µs more when it changed; 3 µs for each sample
        of a collector.
        """
        if not self._shared.is_own:
            return
        last = self._last
        for family in families:
            for labels, series in [*family.series.items()]:
                values = series.values()
                if last.get(series) != values:
                    last[series] = values
                    self._write(family, labels, series, values)
        for metric in chain.from_iterable(each.collect() for each in collectors):
            for sample in metric.samples:
                if not sample.name.endswith("_created"):  # of one process, and never a sum
                    self._shared.write(_sample_key(metric, sample), (sample.value,))

    def _write(
        self, family: Family[Any], labels: tuple[str, ...], series: Buffered, values: Values
    ) -> None:
        key = self._key_by_series.get(series)
        if key is None:
            about = family.description
            text = orjson.dumps((_OWN, *about, labels))
            key = self._key_by_series[series] = _KINDS.get(about.kind, STATE) + text
        self._shared.write(key, values)


def _sample_key(metric: Metric, sample: Sample) -> bytes:
    about = (metric.type, metric.name, metric.documentation, sample.name, sample.labels)
    return _KINDS.get(metric.type, STATE) + orjson.dumps((_SAMPLE, *about))


@dataclass(frozen=True, eq=False)
class TotalsCollector(Collector):
    """Collects what was read from the files of all processes."""

    totals: Totals

    def collect(self) -> Iterator[Metric]:
        """Return one metric for each name."""
        rows_by_metric: dict[Description, list[tuple[list[str], list[float]]]] = {}
        metric_by_name: dict[str, Metric] = {}
        for key, values in self.totals.items():
            source, *parts = orjson.loads(key[1:])
            if source == _OWN:
                *about, labels = parts
                rows_by_metric.setdefault(_description(*about), []).append((labels, values))
            else:
                kind, name, text, sample_name, labels_by_name = parts
                metric = metric_by_name.setdefault(name, Metric(name, text, kind))
                metric.samples.append(Sample(sample_name, labels_by_name, values[0]))
        for about, rows in rows_by_metric.items():
            yield metric_of(about, rows)
        yield from metric_by_name.values()


def _description(
    kind: Any, name: str, text: str, label_names: list[str], bounds: list[float]
) -> Description:
    return Description(kind, name, text, tuple(label_names), tuple(bounds))


def render_totals(totals: Totals) -> bytes:
    """Return the metrics of all processes in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(TotalsCollector(totals))
    return generate_latest(registry)
