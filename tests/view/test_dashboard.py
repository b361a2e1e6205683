"""
The page inside the official host bridge, in a real browser: what is drawn, by whom it can be used, and what it says.

Needs Chromium, playwright and the bundled bridge, whose file `GEXFOCUS_HOST_BRIDGE` names; `.ci/view` makes them.
Pictures of every state go to the folder that `GEXFOCUS_SHOTS` names.
"""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client import advertise

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.server.build import build_server
from gexfocus_mcp.simulator.app import create_app
from gexfocus_mcp.simulator.clock import FixedClock
from gexfocus_mcp.wiring import open_simulated_desk


playwright = pytest.importorskip(
    "playwright.async_api", reason="the browser's driver is not installed"
)
BRIDGE = os.environ.get("GEXFOCUS_HOST_BRIDGE")
CHROMIUM = shutil.which("chromium")
SHOTS = os.environ.get("GEXFOCUS_SHOTS")
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not BRIDGE, reason="GEXFOCUS_HOST_BRIDGE names no bridge"),
    pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here"),
]

PAGE = (files("gexfocus_mcp.server") / "view" / "dashboard.html").read_text("utf-8")
# What a host allows a page that asks for nothing.
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'none'"
)
HOST = (
    '<!doctype html><body style="margin:0"><script src="/bridge.js"></script>'
    '<iframe id="view" sandbox="allow-scripts allow-same-origin" style="border:0;width:100%;height:1400px"></iframe>'
)
WIDE, NARROW = 1200, 360
OPEN = datetime(2026, 11, 19, 11, 0, tzinfo=NEW_YORK)
SUNDAY = datetime(2026, 11, 22, 12, 0, tzinfo=NEW_YORK)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Shown:
    """The page in its host, and what went over the bridge."""

    page: Any
    view: Any
    client: Client
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    async def give(self, ticker: str = "SPY") -> dict[str, Any]:
        """A positioning answer, as the host passes it on."""
        result = await ask(self.client, "dealer_positioning", {"ticker": ticker})
        await self.page.evaluate("p => window.bridge.sendToolInput(p)", {"arguments": {"ticker": ticker}})  # fmt: skip
        await self.page.evaluate("r => window.bridge.sendToolResult(r)", result)
        await self.view.locator("#read").filter(has_text="modelled").wait_for()
        return result

    async def see(self, tab: str) -> None:
        await self.view.get_by_role("tab", name=tab).click()

    async def shoot(self, name: str) -> None:
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            await self.page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


async def ask(client: Client, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    result = await client.call_tool(name, arguments)
    return dict(result.model_dump(mode="json", by_alias=True, exclude_none=True))


@asynccontextmanager
async def shown(
    *,
    theme: str = "light",
    width: int = WIDE,
    at: datetime = OPEN,
    apps: bool = True,
    **market: Any,
) -> AsyncIterator[Shown]:
    clock = FixedClock(at)
    app = create_app(clock, **market)
    server = build_server(lambda: open_simulated_desk(app, clock))
    ui = advertise(
        "io.modelcontextprotocol/ui", {"mimeTypes": ["text/html;profile=mcp-app"]}
    )
    async with (
        Client(server, extensions=[ui] if apps else None) as client,
        playwright.async_playwright() as driver,
    ):
        browser = await driver.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        try:
            page = await browser.new_page(viewport={"width": width, "height": 900})
            it = Shown(page, page.frame_locator("#view"), client)
            page.on("pageerror", lambda error: it.problems.append(str(error)))
            page.on(
                "console",
                lambda line: it.problems.append(line.text) if line.type == "error" else None,
            )  # fmt: skip

            async def answer(route: Any) -> None:
                url = route.request.url
                if url == "http://host.test/":
                    await route.fulfill(body=HOST, content_type="text/html")
                elif url == "http://host.test/bridge.js":
                    await route.fulfill(path=BRIDGE, content_type="text/javascript")
                elif url == "http://view.test/":
                    await route.fulfill(
                        body=PAGE,
                        content_type="text/html",
                        headers={"content-security-policy": POLICY},
                    )
                else:
                    it.problems.append(f"asked for {url}")
                    await route.abort()

            async def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
                it.calls.append((name, arguments))
                return await ask(client, name, arguments)

            await page.route("**/*", answer)
            await page.expose_function("callTool", call)
            await page.goto("http://host.test/")
            await page.evaluate(
                """async (theme) => {
                    const frame = document.getElementById("view");
                    const started = window.startHost(frame, theme, window.callTool);
                    frame.src = "http://view.test/";
                    await started;
                }""",
                theme,
            )
            yield it
        finally:
            await browser.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
async def test_every_view_is_drawn_in_either_light_and_width(
    theme: str, width: int
) -> None:
    async with shown(theme=theme, width=width) as it:
        result = await it.give()
        levels = result["structuredContent"]["levels"]
        await it.view.get_by_text(str(levels["call_wall"]["strike"])).first.wait_for()
        assert await it.view.locator(".badge.SIMULATED").inner_text() == "SIMULATED"
        await it.shoot(f"levels-{theme}-{width}")

        await it.see("Profile")
        # Out of the result itself: nothing was asked for.
        assert await it.view.locator("rect[data-strike]").count() > 60
        assert it.calls == []
        await it.shoot(f"profile-{theme}-{width}")

        await it.see("Heatmap")
        await it.view.locator(
            "svg[aria-label^='Gamma by strike and expiration']"
        ).wait_for()
        await it.shoot(f"heatmap-{theme}-{width}")
        await it.see("Flow")
        await it.view.locator("svg[aria-label^='Net delta flow']").wait_for()
        await it.shoot(f"flow-{theme}-{width}")

        assert [name for name, _ in it.calls] == ["mapa_gamma", "ndf_history"]
        back = await it.view.locator("body").evaluate(
            "e => getComputedStyle(e).backgroundColor"
        )
        assert (sum(map(int, back[4:-1].split(","))) < 200) == (theme == "dark")
        beyond = await it.view.locator("html").evaluate(
            "e => e.scrollWidth - e.clientWidth"
        )
        assert beyond <= 0
        assert it.problems == []


async def test_a_ticker_is_switched_and_a_reading_refreshed_through_the_host() -> None:
    async with shown() as it:
        await it.give()
        await it.view.locator("#ticker").select_option("TSLA")
        await it.view.locator("#title").filter(has_text="TSLA ").wait_for()
        assert it.calls == [("dealer_positioning", {"ticker": "TSLA"})]
        spot = (await ask(it.client, "dealer_positioning", {"ticker": "TSLA"}))[
            "structuredContent"
        ]["spot"]
        assert await it.view.locator("#title").inner_text() == f"TSLA {spot:g}"

        await it.see("Profile")
        await it.view.locator("#refresh").click()
        await it.view.locator("#refresh:not([disabled])").wait_for()
        assert it.calls[-1] == ("dealer_positioning", {"ticker": "TSLA"})
        assert await it.view.locator("rect[data-strike]").count() > 20
        told = await it.page.evaluate("window.seen.context")
        assert "TSLA" in str(told[-1])
        assert it.problems == []


async def test_it_is_used_by_keyboard_alone() -> None:
    async with shown() as it:
        await it.give()
        focused = "() => document.activeElement.id"
        frame = it.page.frames[-1]
        passed: list[str] = []
        while "tab-levels" not in passed and len(passed) < 9:
            await it.page.keyboard.press("Tab")
            passed.append(await frame.evaluate(focused))
        assert passed[-3:] == ["ticker", "refresh", "tab-levels"]
        await it.page.keyboard.press("ArrowRight")
        assert await frame.evaluate(focused) == "tab-profile"
        assert await it.view.locator("rect[data-strike]").count() > 60
        await it.page.keyboard.press("End")
        await it.view.locator("svg[aria-label^='Net delta flow']").wait_for()
        await it.page.keyboard.press("Shift+Tab")
        assert await frame.evaluate(focused) == "refresh"
        await it.page.keyboard.press("Enter")
        await it.view.locator("#refresh:not([disabled])").wait_for()
        assert ("dealer_positioning", {"ticker": "SPY"}) in it.calls


async def test_without_data_for_pages_the_profile_is_asked_for() -> None:
    async with shown(apps=False) as it:
        result = await it.give()
        assert "gexfocus/data" not in result["_meta"]
        await it.see("Profile")
        await it.view.locator("rect[data-strike]").first.wait_for()
        assert [name for name, _ in it.calls] == ["latest_greeks"]


async def test_stale_and_closed_are_said_as_loudly_as_in_text() -> None:
    async with shown(fault="stale") as it:
        await it.give()
        assert await it.view.locator(".badge.STALE").inner_text() == "STALE"
        await it.shoot("stale")
    async with shown(at=SUNDAY) as it:
        await it.give()
        badges = await it.view.locator("#badges").inner_text()
        assert "CLOSED" in badges
        assert "market closed" in await it.view.locator("#when").inner_text()
        await it.shoot("closed")


async def test_an_answer_goes_on_ageing_while_it_is_looked_at() -> None:
    async with shown() as it:
        result = await it.give()
        for seconds, badge in ((149, None), (200, "DELAYED"), (700, "STALE")):
            result["structuredContent"]["age_s"] = seconds
            await it.page.evaluate("r => window.bridge.sendToolResult(r)", result)
            minutes = (
                f"{seconds} s old" if seconds < 90 else f"{round(seconds / 60)} min old"
            )
            await it.view.locator("#when").filter(has_text=minutes).wait_for()
            said = await it.view.locator("#badges").inner_text()
            assert said.split() == ["SIMULATED", *([badge] if badge else [])]


async def test_a_refusal_leaves_no_number_of_another_ticker() -> None:
    async with shown() as it:
        await it.give()
        await it.page.evaluate(
            "window.bridge.oncalltool = async () => ({ isError: true, content: [{ type: 'text', text: '[upstream_down] no answer <b>x</b>' }] })"
        )
        await it.view.locator("#ticker").select_option("NVDA")
        await it.view.locator(".badge.REFUSED").wait_for()
        assert (
            "[upstream_down] no answer <b>x</b>"
            in await it.view.locator("#status").inner_text()
        )
        assert await it.view.locator("#title").inner_text() == "NVDA"
        assert await it.view.locator("#read").inner_text() == ""
        assert await it.view.locator("td").count() == 0
        await it.shoot("refused")


def test_the_page_loads_nothing_and_evaluates_nothing() -> None:
    for word in (
        "http://",
        "https://",
        "eval(",
        "Function(",
        "import(",
        "fetch(",
        "innerHTML",
        "src=",
    ):
        found = PAGE.replace("http://www.w3.org/2000/svg", "")
        assert word not in found, word
