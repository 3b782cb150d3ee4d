"""The settings themselves: frozen, deaf to unknown keys, each with a meaning."""

from __future__ import annotations

import msgspec
import pytest

from prologue.config.schema import schema_of
from prologue.config.settings import Http, Settings


def test_a_setting_cannot_be_changed_afterwards() -> None:
    with pytest.raises(AttributeError):
        Settings().http.listen = "0.0.0.0:1"  # type: ignore[misc]  # the point of the test


def test_unknown_names_are_refused() -> None:
    with pytest.raises(TypeError):
        Http(lisen="0.0.0.0:1")  # type: ignore[call-arg]  # the point of the test
    with pytest.raises(msgspec.ValidationError, match="lisen"):
        msgspec.convert({"lisen": "0.0.0.0:1"}, Http)


def test_every_setting_says_what_it_means() -> None:
    for key in schema_of(Settings).keys:
        assert key.doc.endswith((".", ")")), f"{key.path} has no description, or one without an end"
        assert len(key.doc) > 20, f"{key.path}: {key.doc!r} says too little"
