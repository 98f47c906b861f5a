"""The lag of the event loop: what blocks it is seen."""

import asyncio
import time

from hotpath.testing.workspace import Workspace

from package_name.app import create_app

BLOCKED_S = 0.7


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
