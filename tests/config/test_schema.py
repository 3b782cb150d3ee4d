"""The flat catalog of keys."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from prologue.config.schema import Schema, nearest, schema_of
from prologue.config.section import SECRET, Duration, Section
from prologue.config.settings import Settings


class Inner(Section, frozen=True):
    """The inner section."""

    token: Annotated[str, SECRET, Meta(description="A token.")] = ""
    wait: Annotated[Duration, Meta(gt=0, description="A wait.")] = 1.0


class Outer(Section, frozen=True):
    """A settings class only this test has."""

    names: Annotated[tuple[str, ...], Meta(description="Names.")] = ()
    days: Annotated[dict[str, int], Meta(ge=0, description="Days.")] = msgspec.field(default_factory=dict)
    inner: Inner = Inner()


@pytest.fixture(scope="module")
def schema() -> Schema:
    return schema_of(Outer)


def test_keys_in_order_of_declaration(schema: Schema) -> None:
    assert [key.path for key in schema.keys] == ["names", "days", "inner.token", "inner.wait"]
    assert schema.sections == (("inner", "The inner section."),)


def test_kind_default_bounds_and_doc(schema: Schema) -> None:
    names, days, token, wait = schema.keys
    assert (names.kind, names.item, names.default) == ("list", "str", ())
    assert (days.kind, days.item, days.default, days.at_least) == ("map", "int", {}, 0)
    assert (token.kind, token.secret, token.doc) == ("str", True, "A token.")
    assert (wait.kind, wait.default, wait.above, wait.secret) == ("duration", 1.0, 0, False)


def test_variable_names(schema: Schema) -> None:
    assert [key.env for key in schema.keys][-1] == "PROLOGUE_INNER__WAIT"
    assert len({key.env for key in schema_of(Settings).keys}) == len(schema_of(Settings).keys)


NEAREST = {
    "letter missing": ("http.lisen", "http.listen"),
    "other case": ("HTTP.LISTEN", "http.listen"),
    "nothing alike": ("zzz", ""),
}


@pytest.mark.parametrize(("name", "expected"), NEAREST.values(), ids=NEAREST)
def test_nearest(name: str, expected: str) -> None:
    assert nearest(name, ["http.listen", "data_dir"]) == expected
