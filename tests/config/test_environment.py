"""The environment as a source, and that nothing else reads it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import prologue
from prologue.config.environment import read_environment, variable
from prologue.config.schema import schema_of
from prologue.config.settings import Settings
from prologue.model.errors import ConfigError

SCHEMA = schema_of(Settings)


def entries(environ: dict[str, str]) -> dict[str, object]:
    return {entry.key.path: entry.raw for entry in read_environment(SCHEMA, environ)}


READ = {
    "top level": ({"PROLOGUE_DATA_DIR": "/x"}, {"data_dir": "/x"}),
    "nested": ({"PROLOGUE_HTTP__LISTEN": ":1"}, {"http.listen": ":1"}),
    "list by commas": ({"PROLOGUE_COLLECT__INCLUDE": "/a,/b"}, {"collect.include": "/a,/b"}),
    "list in YAML": ({"PROLOGUE_COLLECT__INCLUDE": "[/a, '/b,c']"}, {"collect.include": ["/a", "/b,c"]}),
    "map in YAML": ({"PROLOGUE_STORE__RETENTION": "{a: 1}"}, {"store.retention": {"a": "1"}}),
    "names of others": ({"PATH": "/bin", "PROLOG": "x"}, {}),
    "names the commands read": ({"PROLOGUE_CONFIG": "x", "PROLOGUE_DEBUG": "1", "PROLOGUE_URL": "u"}, {}),
    "service links of Kubernetes": (
        {
            "PROLOGUE_SERVICE_HOST": "10.0.0.1",
            "PROLOGUE_SERVICE_PORT": "3100",
            "PROLOGUE_SERVICE_PORT_HTTP": "3100",
            "PROLOGUE_PORT": "tcp://10.0.0.1:3100",
            "PROLOGUE_PORT_3100_TCP": "tcp://10.0.0.1:3100",
            "PROLOGUE_PORT_3100_TCP_ADDR": "10.0.0.1",
            "PROLOGUE_HTTP_PORT": "tcp://10.0.0.1:3100",
        },
        {},
    ),
}


@pytest.mark.parametrize(("environ", "expected"), READ.values(), ids=READ)
def test_read(environ: dict[str, str], expected: dict[str, object]) -> None:
    assert entries(environ) == expected


REFUSED = {
    "one underscore": ("PROLOGUE_HTTP_LISTEN", "did you mean PROLOGUE_HTTP__LISTEN?"),
    "misspelt": ("PROLOGUE_DATADIR", "did you mean PROLOGUE_DATA_DIR?"),
    "nothing alike": ("PROLOGUE_ZZZZZZZZZZZZZ", "prologue config show"),
    "looks like a service link but holds a plain port": ("PROLOGUE_HTTP_PORT", "PROLOGUE_HTTP__"),
}


@pytest.mark.parametrize(("name", "cure"), REFUSED.values(), ids=REFUSED)
def test_unknown_names_are_refused(name: str, cure: str) -> None:
    with pytest.raises(ConfigError) as caught:
        entries({name: "80"})
    assert name in caught.value.message
    assert cure in caught.value.cure


def test_broken_yaml_names_the_variable() -> None:
    with pytest.raises(ConfigError, match="PROLOGUE_COLLECT__INCLUDE:1:"):
        entries({"PROLOGUE_COLLECT__INCLUDE": "[/a"})


def test_reserved_variables() -> None:
    assert variable("PROLOGUE_URL", {"PROLOGUE_URL": "http://x"}) == "http://x"
    assert variable("PROLOGUE_URL", {}) == ""


def test_only_config_reads_the_environment() -> None:
    root = Path(next(iter(prologue.__path__)))
    reads = re.compile(r"\bos\.(environ|getenv)\b|from os import .*\b(environ|getenv)\b|envvar=")
    readers = {p.relative_to(root).as_posix() for p in root.rglob("*.py") if reads.search(p.read_text())}
    assert readers == {"config/environment.py"}
