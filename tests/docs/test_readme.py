"""The README's commands work as typed, and the Chinese one says the same with the same commands."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.blocks import blocks, compare, examples, run

ROOT = Path(__file__).parents[2]
ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"
LINK = re.compile(r"\]\(([^)]+)\)")
HAN = re.compile(r"[\u4e00-\u9fff]")
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]")


def prose(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def headings(page: Path) -> list[int]:
    """The depth of each heading, in order."""
    return [len(marks) for marks in re.findall(r"^(#+) ", prose(page), re.MULTILINE)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readme")


@pytest.mark.parametrize("example", list(examples(ENGLISH)), ids=str)
def test_command(example, server, folder):
    compare(example, run(example, server, folder))


def test_questions_find_what_was_sent(server, folder):
    """The page's order is the reader's: after its pushes its queries are not empty."""
    answers = [
        run(example, server, folder) for example in examples(ENGLISH) if "query" in example.command.text
    ]
    for answer, word in zip(
        answers, ["payment refused", "backup", "payment refused", "order placed"], strict=True
    ):
        assert word in answer


def test_metrics_command(server, folder):
    for example in examples(ROOT / "docs" / "metrics.md"):
        compare(example, run(example, server, folder))


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=lambda p: p.name)
def test_make_commands_exist(page):
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = re.findall(r"`make ([a-z]+)", page.read_text())
    for block in blocks(page):
        if block.info.startswith("sh"):
            named += re.findall(r"^make ([a-z]+)", block.text, re.MULTILINE)
    assert set(named) <= targets


def test_two_commands_start_and_test():
    """What a newcomer types first, and what CI types."""
    makes = [block.text for block in blocks(ENGLISH) if block.text.startswith("make")]
    assert makes == ["make run\n", "make test\n"]
    assert "make test\n" in (ROOT / ".ci" / "run").read_text()


def test_greeting_is_what_the_server_says(server):
    shown = next(block for block in blocks(ENGLISH) if "is ready" in block.text).text
    really = server.greeting.splitlines()
    assert shown.splitlines()[0] == re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:3100", really[0])


def test_the_greeting_s_commands_work_as_typed(server):
    lines = [line.strip() for line in server.greeting.splitlines()]
    commands = [line[line.index("curl ") :] for line in lines if "curl " in line]
    commands += [line for line in lines if " query " in line]
    assert len(commands) == 2
    for command in commands:
        done = subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, '"error"' in done.stdout) == (0, False), f"{command}\n{done.stderr}"


def test_both_languages_have_the_same_commands():
    english, chinese = ([(b.info, b.text) for b in blocks(page)] for page in (ENGLISH, CHINESE))
    assert english == chinese


def test_both_languages_have_the_same_structure():
    assert headings(ENGLISH) == headings(CHINESE)
    for mark in (r"^\|", r"^- ", r"^!\[|<img"):
        english, chinese = (len(re.findall(mark, prose(page), re.MULTILINE)) for page in (ENGLISH, CHINESE))
        assert english == chinese, mark


def test_both_languages_lead_to_the_same_pages():
    english, chinese = (sorted(LINK.findall(prose(page))) for page in (ENGLISH, CHINESE))
    assert [link for link in english if link != CHINESE.name] == [
        link for link in chinese if link != ENGLISH.name
    ]


def test_chinese_is_chinese():
    text = prose(CHINESE)
    assert len(HAN.findall(text)) > 500
    assert not HALF_WIDTH.findall(text)
