"""`python`: a function of the operator's own on whole batches, where `parsers.allow_python` says so.

`file` holds `def parse(lines: pyarrow.Table) -> pyarrow.Table`; the contract is
`prologue.parse.stages.batch`. The code runs in this process and may do whatever it may: it is for operators
who write every pipeline themselves. Parsers of others belong into `wasm`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from prologue.parse.pipelines.document import Options
from prologue.parse.stages.kind import StageKind, outside


@dataclass(frozen=True, slots=True)
class PythonFunction:
    """A batch stage; `digest` is that of the file."""

    digest: str
    function: Callable[[pa.Table], pa.Table] = field(repr=False, compare=False)

    error_kind = "PythonParserErr"

    def run(self, lines: pa.Table) -> pa.Table:
        return self.function(lines)


def read(options: Options) -> PythonFunction:
    if not options.surroundings.allow_python:
        options.refuse("", "Python is not allowed", "set parsers.allow_python, or use another stage")
    path = options.file("file")
    source = path.read_bytes()
    name = options.text("function", "parse")
    scope: dict[str, Any] = {"__name__": f"prologue_parser_{path.stem}", "__file__": str(path)}
    try:
        exec(compile(source, str(path), "exec"), scope)  # noqa: S102 - what the operator opted in to
    except Exception as error:  # whatever the operator's code raises is told at its place
        options.refuse("file", f"{path} cannot be loaded: {type(error).__name__}: {error}", "mend it")
    function = scope.get(name)
    if not callable(function):
        options.refuse("function", f"{path} has no function {name}", f"define `def {name}(lines)` in it")
    return PythonFunction(hashlib.sha256(source).hexdigest(), function)


STAGE = StageKind(read, outside, main="file")
