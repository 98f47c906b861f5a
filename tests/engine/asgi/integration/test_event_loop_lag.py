"""The lag of the event loop: what blocks it is seen."""

import asyncio
import time
from dataclasses import replace
from time import monotonic

from hotpath.asgi.monitoring import monitored
from hotpath.testing.workspace import Workspace
from pydantic import SecretStr

from package_name.app import create_app
from package_name.resources import Resources

BLOCKED_S = 0.7
SOON_S = 20.0


async def test_a_blocked_event_loop_is_measured(workspace: Workspace) -> None:
    settings = workspace.with_settings(OBSERVABILITY__ADMIN_TOKEN="token").settings()
    async with create_app(settings).opened() as app:
        await asyncio.sleep(0)  # the measurement starts
        time.sleep(BLOCKED_S)  # noqa: ASYNC251 - that is what is measured
        for _ in range(200):
            if app.resources.monitor.lags_s:
                break
            await asyncio.sleep(0.01)

        assert app.resources.monitor.lags_s[0] >= 0.1
        assert "shop_event_loop_lag_seconds_count 1.0" in app.resources.metrics.render().decode()


async def test_the_last_minute_moves_on(resources: Resources) -> None:
    """After some copies of the figures the first of them is no longer that of the start."""
    settings = resources.settings.observability
    token = resources.settings.model_copy(
        update={"observability": settings.model_copy(update={"admin_token": SecretStr("token")})}
    )
    opened = replace(resources, settings=token)
    started = monotonic()
    async with monitored(opened, lag_every_s=0.0001):
        while opened.monitor.windows.read()[0] > (monotonic() - started) / 2:
            assert monotonic() - started < SOON_S
            await asyncio.sleep(0.01)
