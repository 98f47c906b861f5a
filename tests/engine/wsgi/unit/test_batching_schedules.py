"""Random schedules of arrivals and ends across threads, compared with a model."""

from concurrent.futures import Future

from hotpath.blocking.dataloader import DataLoader
from hotpath_services.process import wait_until
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from ..batch_model import KEYS, MAX_SIZE, Model
from ..controlled_loads import SOON_S, ControlledLoads, called


class Lost(Exception):
    """A load that failed."""


class Schedules(RuleBasedStateMachine):
    """Every rule waits until each thread ended, gathers or is in a load."""

    def __init__(self) -> None:
        super().__init__()
        self.source = ControlledLoads()
        self.batcher: DataLoader[str, str] = DataLoader(
            self.source.load, lambda _: None, max_size=MAX_SIZE, max_wait_s=60
        )
        self.model = Model()
        self.loads: list[int] = []  # the number of the load of each batch in flight
        self.begun = 0
        self.callers: list[Future[str | None]] = []

    @rule(key=st.sampled_from(KEYS))
    def arrive(self, key: str) -> None:
        self.model.arrive([(len(self.callers), key)])
        self.callers.append(called(self.batcher.get, key))
        self.the_model_comes_true()

    @precondition(lambda self: self.loads)
    @rule(data=st.data(), fails=st.booleans())
    def end(self, data: st.DataObject, fails: bool) -> None:
        number = data.draw(st.integers(0, len(self.loads) - 1))
        load = self.loads.pop(number)
        told = self.model.land(number)
        self.source.answer(load, Lost(str(load)) if fails else None)
        self.the_model_comes_true()
        for caller, key in told.items():
            self.assert_told(self.callers[caller], None if fails else key.upper(), str(load))

    def the_model_comes_true(self) -> None:
        expected = [sorted(keys) for keys in self.model.keys_in_flight()]
        assert wait_until(lambda: self.flying() == expected, SOON_S), (self.flying(), expected)
        assert wait_until(lambda: self.batcher.waiting == self.model.waiting(), SOON_S)

    def flying(self) -> list[list[str]]:
        begun = len(self.source.keys)
        self.loads += range(self.begun, begun)
        self.begun = begun
        return [sorted(self.source.keys[load]) for load in self.loads]

    def assert_told(self, caller: Future[str | None], value: str | None, load: str) -> None:
        error = caller.exception(SOON_S)
        if value is None:
            assert (type(error), str(error)) == (Lost, load)
        else:
            assert caller.result() == value

    def teardown(self) -> None:
        while self.loads:
            self.model.land(0)
            self.source.answer(self.loads.pop(0))
            self.the_model_comes_true()
        errors = [each.exception(SOON_S) for each in self.callers]
        failed = [error for error in errors if error is not None]
        assert len({id(error) for error in failed}) == len(failed)
        assert self.batcher.waiting == 0
        self.batcher.close()


TestSchedules = Schedules.TestCase
TestSchedules.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
