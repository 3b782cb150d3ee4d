"""`make bench`: see the package. `make bench ARGS="--rows 20m --paths jsonlines"`, or
`--quick`, `agent`, `parsers`."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

from bench import agent, encodings, parsers, queries, report
from bench.measure import Measured, Options, measure
from bench.process import Watched
from bench.systems import systems


def rows_of(text: str) -> int:
    """A number of rows as people write it.

    >>> rows_of("200000"), rows_of("20m"), rows_of("500k")
    (200000, 20000000, 500000)
    """
    factor = {"k": 1_000, "m": 1_000_000}.get(text[-1:].lower(), 1)
    return int(text if factor == 1 else text[:-1]) * factor


def main() -> None:
    if sys.argv[1:2] == ["parsers"]:
        parsers.main()
        return
    if sys.argv[1:2] == ["agent"]:
        agent.main(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rows", type=rows_of, default=2_000_000, help="lines a path; 2m, 20m (default 2m)")
    parser.add_argument(
        "--paths", default=",".join(encodings.ENCODINGS), help="of " + ", ".join(encodings.ENCODINGS)
    )
    parser.add_argument("--senders", type=int, default=4, help="connections that send at once")
    parser.add_argument("--quick", action="store_true", help="200,000 lines a path and no waiting for rest")
    parser.add_argument("--no-questions", action="store_true", help="leave the queries out")
    arguments = parser.parse_args()
    if unknown := set(arguments.paths.split(",")) - set(encodings.ENCODINGS):
        parser.error(
            f"no such path: {', '.join(sorted(unknown))}; there are {', '.join(encodings.ENCODINGS)}"
        )
    rows = 200_000 if arguments.quick else arguments.rows
    options = Options(arguments.senders, 5.0 if arguments.quick else Options.quiet_seconds)
    print(report.machine(), flush=True)
    found = [
        measured
        for path in arguments.paths.split(",")
        for measured in run_path(path, rows, options, questions=not arguments.no_questions)
    ]
    report.print_table(found)


def run_path(path: str, rows: int, options: Options, *, questions: bool) -> list[Measured]:
    """One path through every system that takes it, one after the other."""
    print(f"{path}: {rows:,} lines", flush=True)
    bodies = encodings.bodies(path, rows)
    found = []
    for system in systems():
        if path not in system.targets:
            print(f"  {system.name} has no such path")
            continue
        folder = Path(tempfile.mkdtemp(prefix="prologue-bench-"))
        try:
            with system.running(folder) as server:
                asked = questions and path == "jsonlines" and system.name == "prologue"
                ask = partial(queries.report, rows=rows) if asked else _nothing
                found.append(measure(system, server, bodies, options, ask))
                print(f"  {report.line(found[-1])}", flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return found


def _nothing(_url: str, _watched: Watched) -> None:
    """No questions."""


if __name__ == "__main__":
    main()
