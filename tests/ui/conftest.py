"""A real browser on a real server. Each test is a tenant of its own, so that all may share one server.

While working on the page, `UI_URL=http://127.0.0.1:3190` runs the same tests against the
stand-in of `ui/dev/`.
"""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)
NS = 1_000_000_000
Stamped = tuple[int, str, Mapping[str, str]]
"""Unix ns, line, structured metadata."""
_numbers = itertools.count(time.time_ns() // 1_000_000)


@dataclass
class Tenant:
    """One tenant of the server: pushes lines through Loki's API, as any sender would."""

    url: str
    name: str

    def push(
        self,
        lines: Sequence[str | tuple[str, Mapping[str, str]]],
        *,
        seconds_ago: float = 30,
        every: float = 0.01,
        **stream: str,
    ) -> None:
        """Store lines `every` seconds apart, the last of them `seconds_ago`; a pair carries its metadata."""
        newest = time.time_ns() - int(seconds_ago * NS)
        values: list[Stamped] = []
        for index, line in enumerate(lines):
            ts = newest - int((len(lines) - 1 - index) * every * NS)
            text, metadata = (line, {}) if isinstance(line, str) else line
            values.append((ts, text, metadata))
        self.push_at({"service_name": "shop", **stream}, values)

    def push_at(self, stream: Mapping[str, str], lines: Sequence[Stamped]) -> None:
        """Store lines of one stream at given times, oldest first; return once the newest is found."""
        values = [[str(ts), text, dict(metadata)] for ts, text, metadata in lines]
        body = {"streams": [{"stream": dict(stream), "values": values}]}
        headers = {"X-Scope-OrgID": self.name}
        httpx.post(f"{self.url}/loki/api/v1/push", json=body, headers=headers).raise_for_status()
        self.wait_for(stream["service_name"], values[-1][0])

    def wait_for(self, service: str, newest: str) -> None:
        """Return once the line at `newest` answers a query."""
        params = {"query": f'{{service_name="{service}"}}', "start": newest, "end": str(int(newest) + 1)}
        deadline = time.monotonic() + 20
        while True:
            answer = httpx.get(
                f"{self.url}/loki/api/v1/query_range", params=params, headers={"X-Scope-OrgID": self.name}
            )
            if answer.is_success and answer.json()["data"]["result"]:
                return
            assert time.monotonic() < deadline, f"pushed line not found: {answer.text}"


@dataclass
class Explorer:
    """The page as its user sees it."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def open(self, query: str | None = None, **parameters: str) -> Explorer:
        """Open the page on a question, the last hour unless `from_` and `to` say otherwise."""
        if query is None:
            self.page.goto(self.url)
            return self
        start = parameters.pop("from_", "now-1h")
        fragment = urlencode({"query": query, "from": start, "to": parameters.pop("to", "now"), **parameters})
        self.page.goto(f"{self.url}/#/explore?{fragment}")
        return self

    @property
    def rows(self) -> Locator:
        return self.page.locator("pl-log-block .row")

    @property
    def editor(self) -> Locator:
        return self.page.get_by_label("LogQL query")

    @property
    def tools(self) -> Locator:
        return self.page.locator("pl-explore-page .tools")

    def ask(self, query: str) -> None:
        """Replace the query and run it with the keyboard."""
        self.editor.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(query)
        self.page.keyboard.press("Control+Enter")


OpenExplorer = Callable[..., Explorer]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ends with its file: its event loop is this thread's, where no other could run."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture
def server_url(request: pytest.FixtureRequest) -> str:
    """Where the server under test answers."""
    address = os.environ.get("UI_URL") or request.getfixturevalue("prologue_server").url
    return str(address).rstrip("/")


@pytest.fixture
def tenant(server_url: str) -> Tenant:
    return Tenant(server_url, f"ui-{next(_numbers)}")


def _watch(explorer: Explorer, expected: Sequence[str]) -> None:
    """Collect what a page must never do: complain in the console, fail, or ask another host."""
    host = urlsplit(explorer.url).netloc

    def on_console(message: Any) -> None:
        if message.type in ("error", "warning") and not any(text in message.text for text in expected):
            explorer.complaints.append(f"{message.type}: {message.text}")

    def on_request(request: Any) -> None:
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob") and url.netloc != host:
            explorer.complaints.append(f"asked another host: {request.url}")

    explorer.page.on("console", on_console)
    explorer.page.on("pageerror", lambda error: explorer.complaints.append(f"uncaught: {error}"))
    explorer.page.on("request", on_request)


@pytest.fixture
def open_explorer(browser: Browser, tenant: Tenant) -> Iterator[OpenExplorer]:
    """Makes pages of this test's tenant; at the end none of them may have complained."""
    made: list[Explorer] = []

    def make(
        *,
        width: int = 1440,
        height: int = 900,
        dark: bool = False,
        locale: str = "en-US",
        expected: Sequence[str] = (),
        **settings: Any,
    ) -> Explorer:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=locale,
            timezone_id="Europe/Berlin",
        )
        stored = json.dumps(json.dumps({"tenant": tenant.name, **settings}))
        key = "'prologue.settings'"
        context.add_init_script(f"localStorage.getItem({key}) || localStorage.setItem({key}, {stored})")
        explorer = Explorer(context.new_page(), tenant.url)
        _watch(explorer, expected)
        made.append(explorer)
        return explorer

    yield make
    complaints = [complaint for explorer in made for complaint in explorer.complaints]
    for explorer in made:
        explorer.page.context.close()
    assert complaints == []


@pytest.fixture
def explorer(open_explorer: OpenExplorer) -> Explorer:
    return open_explorer()
