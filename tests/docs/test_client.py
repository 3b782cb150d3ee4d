"""docs/client.md is a session with a real server: what it shows is what comes."""

from __future__ import annotations

import doctest
from pathlib import Path

from prologue.client import connect
from tests.support.server import ServerProcess, wait_until

PAGE = Path(__file__).parents[2] / "docs" / "client.md"
SENT = 3


class Patient(doctest.DocTestRunner):
    """Goes on behind a push when what was pushed can be asked for, as the page says."""

    def __init__(self, stored) -> None:
        super().__init__(optionflags=doctest.REPORT_NDIFF)
        self._stored = stored

    def report_success(self, out, test, example, got) -> None:
        if "push_lines" in example.source:
            wait_until(lambda: self._stored() == SENT)


def test_the_page_is_true(prologue_server: ServerProcess):
    text = PAGE.read_text().replace("http://127.0.0.1:3100", prologue_server.url)
    session = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    assert len(session.examples) > 12
    with connect(prologue_server.url) as client:
        runner = Patient(lambda: len(client.sql("SELECT 1 AS x FROM logs WHERE service_name = 'till'")))
        report: list[str] = []
        runner.run(session, out=report.append)
    assert runner.failures == 0, "".join(report)
    session.globs.clear()
