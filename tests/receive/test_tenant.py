"""Tenant ids as Grafana's products restrict them."""

from __future__ import annotations

import pytest

from prologue.model.errors import UserError
from prologue.receive.tenant import resolve_tenant


@pytest.mark.parametrize(
    ("header", "tenant"),
    [
        pytest.param(None, "default", id="absent"),
        pytest.param("", "default", id="empty"),
        pytest.param("team-a_1.x!*'()", "team-a_1.x!*'()", id="every special character"),
        pytest.param("...", "...", id="three dots"),
        pytest.param("a" * 150, "a" * 150, id="the longest"),
    ],
)
def test_valid(header, tenant):
    assert resolve_tenant(header) == tenant


@pytest.mark.parametrize(
    "header", [".", "..", "a/b", "a\\b", "a b", "a|b", "ä", "a\n", "a" * 151, "../x", "$HOME", "a;b", '"']
)
def test_invalid(header):
    with pytest.raises(UserError) as caught:
        resolve_tenant(header)
    assert caught.value.code == "bad_tenant"
    assert caught.value.cure
