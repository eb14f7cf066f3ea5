"""Opening the dashboard in headless Chromium as a user does, and noting what the page should not do.

Also a command, for the picture in the documents:
`python -m tests.dashboards.browser BRAIN_HOME docs/images/dashboard.png`.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from dashboards import environment, server
from pipelines.settings import Settings

CHROMIUM = "/usr/bin/chromium"
FLAGS = (  # noqa: SIM905
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
LOADING = ".loading, [data-test=loading-indicator]"
QUIET_SECONDS = 2.0
LOG_IN_ATTEMPTS = 3
# A software renderer's remark about its own speed is not the page's.
HARMLESS = ("GL Driver Message", "GPU stall due to ReadPixels")


@dataclass
class Visit:
    """What was seen during one visit."""

    text: str = ""
    outside: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    canvases: int = 0


def visit_dashboard(
    settings: Settings, picture: Path, *, username: str = "leadership", timeout_seconds: float = 120
) -> Visit:
    """Log in, open the city's dashboard, wait until every chart is drawn, take its picture."""
    with opened(settings, username, timeout_seconds=timeout_seconds) as (page, visit):
        open_dashboard(page, settings, timeout_seconds=timeout_seconds)
        visit.text = page.locator("body").inner_text()
        visit.canvases = page.locator("canvas").count()
        picture.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(picture))
    return visit


@contextlib.contextmanager
def opened(
    settings: Settings, username: str, *, device: str | None = None, timeout_seconds: float = 120
) -> Iterator[tuple[Page, Visit]]:
    """A browser's page in which a user is logged in, and what is noted about it.

    `device` names one that Playwright knows: its touch, its scale and its way to lay out pages are imitated.
    """
    home, visit = server.address(settings).url, Visit()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        shape = playwright.devices[device] if device else {"viewport": {"width": 1600, "height": 1900}}
        # The browser is Chromium whichever device it imitates.
        shape = {name: value for name, value in shape.items() if name != "default_browser_type"}
        page = browser.new_context(**shape, locale="zh-CN", timezone_id="Asia/Shanghai").new_page()
        _listen(page, visit, home)
        page.set_default_timeout(timeout_seconds * 1000)
        _log_in(page, home, username, environment.password(settings, username))
        yield page, visit
        browser.close()


def open_dashboard(page: Page, settings: Settings, *, timeout_seconds: float = 120) -> None:
    """Go to the city's dashboard and wait until every chart is drawn."""
    page.goto(server.address(settings).dashboard_url)
    page.get_by_text("指标明细").first.wait_for()
    _wait_until_drawn(page, timeout_seconds)


def _log_in(page: Page, home: str, username: str, password: str) -> None:
    """Log in as a person would who finds the form emptied by its own drawing: fill it in again."""
    for _ in range(LOG_IN_ATTEMPTS):
        page.goto(f"{home}/login/", wait_until="networkidle")
        page.fill("#username", username)
        page.fill("#password", password)
        page.wait_for_timeout(500)
        if (page.input_value("#username"), page.input_value("#password")) != (username, password):
            continue
        with page.expect_navigation(wait_until="networkidle"):
            page.locator("button[type=submit]").click()
        if "/login" not in page.url:
            return
    raise AssertionError(f"The log-in was refused {LOG_IN_ATTEMPTS} times.")


def _listen(page: Page, visit: Visit, home: str) -> None:
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith((home, "data:", "blob:")) else visit.outside.append(request.url)
        ),
    )
    page.on(
        "console",
        lambda message: (
            visit.console.append(message.text)
            if message.type == "error" and not any(each in message.text for each in HARMLESS)
            else None
        ),
    )
    page.on("pageerror", lambda error: visit.console.append(str(error)))
    page.on(
        "response",
        lambda answer: (
            visit.refused.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None
        ),
    )


def _wait_until_drawn(page: Page, timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < QUIET_SECONDS:
        if page.locator(LOADING).count():
            quiet_since = time.monotonic()
        if time.monotonic() > deadline:
            raise TimeoutError(f"The dashboard was still loading after {timeout_seconds:.0f} s.")
        page.wait_for_timeout(250)
    page.wait_for_timeout(2000)


if __name__ == "__main__":
    seen = visit_dashboard(Settings(home=Path(sys.argv[1]).resolve()), Path(sys.argv[2]))
    sys.stdout.write("\n".join([*seen.outside, *seen.console, *seen.refused, ""]))
    sys.exit(1 if seen.outside or seen.console or seen.refused else 0)
