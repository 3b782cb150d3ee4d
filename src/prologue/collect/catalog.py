"""The kinds of log files, in order: the first whose pattern matches a file owns it.

A new kind is one module with a `Kind`, one line in `CATALOG` and one section in docs/collect.md.
The journal is not here: it is a stream of its own, see `prologue.collect.journal`.

Next chapter: `prologue.collect.discover`, which walks the patterns.
"""

from __future__ import annotations

from prologue.collect.cri import CRI
from prologue.collect.docker import DOCKER
from prologue.collect.kind import Kind
from prologue.collect.plain import PLAIN

CATALOG: tuple[Kind, ...] = (DOCKER, CRI, PLAIN)
