"""The section `parsers`: where custom parsers stand.

Next chapter: `prologue.app.parsers`, which reads them; `prologue.parse.pipelines`, what they mean.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from prologue.config.section import SECRET, Section, YamlText


class Parsers(Section, frozen=True):
    """Custom parsers: pipelines that turn text into fields, see [custom parsers](parsers.md)."""

    include: Annotated[
        tuple[str, ...],
        Meta(
            description="Files of pipelines, as paths or globs (`/etc/prologue/parsers/*.yaml`), in the order"
            " given and by name within a glob. They come after `parsers.pipelines`."
        ),
    ] = ()
    pipelines: Annotated[
        YamlText, Meta(description="Pipelines, written here as a list instead of in files of their own.")
    ] = ""
    hash_key: Annotated[
        str,
        Meta(
            description="Secret for `redact` with `action: hash`, at least 16 characters: without it nobody"
            " can find out a value by hashing guesses."
        ),
        SECRET,
    ] = ""
    allow_python: Annotated[
        bool,
        Meta(
            description="Allow `python` stages: code that runs in this process, with all it may do. For"
            " operators who write every pipeline themselves."
        ),
    ] = False
    ready: Annotated[
        bool,
        Meta(
            description="Recognise the lines of well-known programs and take them apart, see [ready-made"
            " pipelines](parsers/ready.md). Lines that a pipeline of yours took are left alone."
        ),
    ] = True
    ready_exclude: Annotated[
        tuple[str, ...],
        Meta(description="Formats that are not to be recognised, by name: `[django, syslog_rfc3164]`."),
    ] = ()
