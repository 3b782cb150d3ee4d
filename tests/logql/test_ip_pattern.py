from __future__ import annotations

import pytest

from prologue.logql.ip_pattern import parse_ip_pattern
from prologue.logql.problems import TextProblem


@pytest.mark.parametrize(
    ("source", "first", "last"),
    [
        ("192.0.2.0", "192.0.2.0", "192.0.2.0"),
        ("::1", "::1", "::1"),
        ("192.168.0.1-192.189.10.12", "192.168.0.1", "192.189.10.12"),
        ("2001:db8::1 - 2001:db8::8", "2001:db8::1", "2001:db8::8"),
        ("192.51.100.0/24", "192.51.100.0", "192.51.100.255"),
        ("192.168.4.5/16", "192.168.0.0", "192.168.255.255"),
        ("2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
    ],
)
def test_the_three_forms(source: str, first: str, last: str) -> None:
    found = parse_ip_pattern(source)
    assert (str(found.first), str(found.last)) == (first, last)
    assert found.version == (6 if ":" in first else 4)


@pytest.mark.parametrize(
    "source",
    ["", "1.2.3", "1.2.3.256", "1.2.3.4/33", "1.2.3.4-", "1.2.3.4-::1", "1.2.3.9-1.2.3.4", "localhost"],
)
def test_what_is_none_of_them(source: str) -> None:
    with pytest.raises(TextProblem) as caught:
        parse_ip_pattern(source)
    assert caught.value.cure
