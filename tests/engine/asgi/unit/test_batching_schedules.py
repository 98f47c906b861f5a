"""Random schedules of arrivals, cancellations and ends, compared with a model."""

import asyncio
from typing import Any

from hotpath.aio.dataloader import DataLoader
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ..batch_model import KEYS, MAX_SIZE, Model
from ..controlled_loads import ControlledLoads, settled


class Lost(Exception):
    """A load that failed."""


class Schedules(RuleBasedStateMachine):
    """Every rule lets the loop turn until nothing can go on."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.faults: list[dict[str, Any]] = []
        self.loop.get_loop().set_exception_handler(lambda _, fault: self.faults.append(fault))
        self.gated = ControlledLoads()
        self.batcher: DataLoader[str, str] = DataLoader(
            self.gated.load, lambda _: None, max_size=MAX_SIZE, max_wait_s=60
        )
        self.model = Model()
        self.loads: list[int] = []  # the number of the load of each batch in flight
        self.begun = 0
        self.callers: list[asyncio.Task[str | None]] = []

    @rule(keys=st.lists(st.sampled_from(KEYS), min_size=1, max_size=8))
    def arrive(self, keys: list[str]) -> None:
        numbered = list(enumerate(keys, len(self.callers)))
        asks = (self.batcher.get(key) for key in keys)
        self.callers += [self.loop.get_loop().create_task(ask) for ask in asks]
        self.turn()
        self.model.arrive(numbered)

    @precondition(lambda self: self.callers)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(0, len(self.callers) - 1))
        was_done = self.callers[number].done()
        self.callers[number].cancel()
        self.turn()
        self.model.give_up(number)
        assert was_done or self.callers[number].cancelled()

    @precondition(lambda self: self.loads)
    @rule(data=st.data(), fails=st.booleans())
    def end(self, data: st.DataObject, fails: bool) -> None:
        number = data.draw(st.integers(0, len(self.loads) - 1))
        load = self.loads.pop(number)
        self.gated.answer(load, Lost(str(load)) if fails else None)
        self.turn()
        for caller, key in self.model.land(number).items():
            self.assert_told(self.callers[caller], None if fails else key.upper(), str(load))

    @invariant()
    def the_model_agrees(self) -> None:
        self.loads += range(self.begun, len(self.gated.keys))
        self.begun = len(self.gated.keys)
        flying = [sorted(self.gated.keys[load]) for load in self.loads]
        assert flying == [sorted(keys) for keys in self.model.keys_in_flight()]
        assert self.batcher.waiting == self.model.waiting()

    def assert_told(self, caller: asyncio.Task[str | None], value: str | None, load: str) -> None:
        error = caller.exception()
        if value is None:
            assert (type(error), str(error)) == (Lost, load)
        else:
            assert caller.result() == value

    def turn(self) -> None:
        self.loop.run(settled())

    def teardown(self) -> None:
        with self.loop:
            while self.loads:
                self.gated.answer(self.loads.pop(0))
                self.turn()
                self.model.land(0)
                self.the_model_agrees()
            self.assert_nothing_is_left()
        assert not self.faults

    def assert_nothing_is_left(self) -> None:
        errors = [each.exception() for each in self.callers if not each.cancelled()]
        failed = [error for error in errors if error is not None]
        assert len({id(error) for error in failed}) == len(failed)
        assert not asyncio.all_tasks(self.loop.get_loop())


TestSchedules = Schedules.TestCase
TestSchedules.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
