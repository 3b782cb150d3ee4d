"""What `redact` finds by itself: card numbers, China's identity and phone numbers, addresses, secrets.

A detector is an expression, and where digits alone prove nothing, a check of what was found: Luhn's sum for
cards, ISO 7064's for identity numbers. One automaton of all expressions says first whether a line has any;
most lines are done with then.

Sources: ISO/IEC 7812-1 (cards); GB 11643-1999 (identity numbers); RFC 7519 (JWT); RFC 7468 (keys); RFC 3986
(passwords in URLs); the published prefixes of GitHub, GitLab, AWS, Slack, Google, Stripe and OpenAI tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Detector:
    """`regex` finds; where it has groups, group 1 and 3 stay and group 2 is what must go. `check` is a
    condition on the found text `m`."""

    regex: str
    check: str = ""
    groups: bool = False


_DIGITS = "arrayMap(c -> toInt16(c), extractAll(m, '[0-9]'))"
_LUHN = (
    "arraySum((d, i) -> if(i % 2 = 1, d, if(d > 4, 2 * d - 9, 2 * d)), "
    f"arrayReverse({_DIGITS}), arrayEnumerate({_DIGITS})) % 10 = 0 "
    "AND length(arrayDistinct(extractAll(m, '[0-9]'))) > 1"
)
_IDENTITY = (
    "substring('10X98765432', 1 + (arraySum((d, w) -> d * w, arrayMap(c -> toInt16(c), "
    "extractAll(left(m, 17), '[0-9]')), [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11), 1) "
    "= upper(substring(m, 18, 1))"
)
_KEY = r"(?i:api[_-]?key|access[_-]?key|secret[_-]?key|client[_-]?secret|auth[_-]?token|access[_-]?token"
_KEY += r"|refresh[_-]?token|passwd|password|secret|token)"

DETECTORS: Mapping[str, Detector] = {
    "private_key": Detector(
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|$)"
    ),
    "jwt": Detector(r"\beyJ[A-Za-z0-9_-]{6,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*"),
    "token": Detector(
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{20,}"
        r"|xox[abeprs]-[A-Za-z0-9-]{10,}|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}"
        r"|[sr]k_(?:live|test)_[0-9A-Za-z]{16,}|sk-[A-Za-z0-9_-]{20,}|npm_[A-Za-z0-9]{36})"
    ),
    "bearer": Detector(r"((?i:\b(?:bearer|basic)\s+))([A-Za-z0-9._~+/=-]{8,})()", groups=True),
    "secret": Detector(rf"""(\b{_KEY}["']?\s*[=:]\s*["']?)([^\s"'&,;<>]{{4,}})()""", groups=True),
    "url_password": Detector(r"([a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/@]*:)([^\s/@]+)(@)", groups=True),
    "email": Detector(r"\b[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}\b"),
    "cn_id": Detector(
        r"\b[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]\b",
        _IDENTITY,
    ),
    "card": Detector(r"\b[2-6](?:[ -]?[0-9]){12,18}\b", _LUHN),
    "cn_phone": Detector(r"(?:\+86[ -]?|\b(?:86[ -]?)?)1[3-9][0-9](?:[ -]?[0-9]{4}){2}\b"),
}
"""In the order in which they are applied: what may hold others first."""
