"""Examples in docstrings are true: each module's are run as a test of its own."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest

import prologue


def documented() -> Iterator[str]:
    """Modules whose text has an example; generated ones and `__main__`, which runs things, are left out."""
    for found in pkgutil.walk_packages(prologue.__path__, "prologue."):
        if found.name.endswith(("_pb2", "__main__")):
            continue
        specification = found.module_finder.find_spec(found.name, None)
        assert specification is not None
        assert specification.loader is not None
        if ">>> " in (specification.loader.get_source(found.name) or ""):
            yield found.name


NAMES = sorted(documented())


def examples(module: ModuleType) -> int:
    return sum(len(test.examples) for test in doctest.DocTestFinder().find(module))


def test_there_are_examples():
    assert len(NAMES) > 10


@pytest.mark.parametrize("name", NAMES)
def test_examples(name):
    module = importlib.import_module(name)
    assert examples(module) > 0, "the module has a prompt in its text, but no example that can run"
    failed, _ = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert failed == 0
