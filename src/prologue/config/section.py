"""What a section of settings is made of: its base class, and the kinds of values.

Apart from the sections themselves, so that each area keeps its own in `prologue.config.sections`.

Next chapter: `prologue.config.settings`, which lists the sections.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

Duration = Annotated[float, Meta(extra={"kind": "duration"})]
"""Seconds."""

Size = Annotated[int, Meta(extra={"kind": "size"})]
"""Bytes."""

Listen = Annotated[str, Meta(extra={"kind": "listen"})]
"""`host:port`; port 0 lets the system choose."""

ListenOrOff = Annotated[str, Meta(extra={"kind": "listen_or_off"})]
"""`host:port`, or empty for off."""

YamlText = Annotated[str, Meta(extra={"kind": "yaml"})]
"""YAML of any shape, as text: what stands in a file comes with as many blank lines and columns before it as
it has there, so that whoever reads it finds every value at its own line and column."""

SECRET = Meta(extra={"secret": True})
"""Marks a setting whose value is never shown."""


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=False):
    """Base of every section: frozen, and deaf to keys it does not know."""
