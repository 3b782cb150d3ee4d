"""docs/api.md names exactly the routes there are, with their methods, and its examples give its answers."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from prologue.config.settings import Settings
from prologue.receive.intake import Intake
from prologue.serve.application import routes
from tests.docs.blocks import compare, examples, run
from tests.support.server import ServerProcess

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
TEXT = PAGE.read_text()
HEADING = re.compile(r"^### ((?:GET|POST|PUT|DELETE|WebSocket|, )+) (/\S*)$", re.MULTILINE)
ROW = re.compile(r"^\| ((?:GET|POST|PUT|DELETE|OPTIONS|, )+) \| ((?:`/\S*`(?:, )?)+) \|", re.MULTILINE)


def documented() -> dict[str, set[str]]:
    """Methods by path, from the page's headings, and from the rows of its tables of routes."""
    found = {path: set(methods.split(", ")) for methods, path in HEADING.findall(TEXT)}
    for methods, paths in ROW.findall(TEXT):
        for path in paths.replace("`", "").split(", "):
            found.setdefault(path, set()).update(methods.split(", "))
    return found


def served() -> dict[str, set[str]]:
    """Methods by path, from the application; HEAD comes with GET. Nothing is asked, so nothing must run."""
    intake = Intake(sink=None)
    context = SimpleNamespace(settings=Settings(), intake=intake, reader=None, progress=None, ready=None)
    found: dict[str, set[str]] = {}
    for route in routes(context):
        path, methods = path_and_methods(route)
        found.setdefault(path, set()).update(methods)
    return found


def path_and_methods(route: BaseRoute) -> tuple[str, set[str]]:
    if isinstance(route, Route):
        return route.path, set(route.methods or ()) - {"HEAD"}
    if isinstance(route, WebSocketRoute):
        return route.path, {"WebSocket"}
    assert isinstance(route, Mount)
    return route.path or "/", {"GET"}


def test_page_and_application_have_the_same_routes():
    assert documented() == served()


def test_every_receiver_of_the_example_is_one(server: ServerProcess):
    status: dict[str, Any] = httpx.get(f"{server.url}/api/v1/status", timeout=30).json()
    for receiver in status["receivers"]:
        paths = {part for part in receiver["address"].split() if part.startswith("/")}
        assert paths <= set(documented())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("api")


@pytest.mark.parametrize("example", list(examples(PAGE)), ids=str)
def test_example(example, server, folder):
    """In the page's order: what is asked was sent before."""
    compare(example, run(example, server, folder))
