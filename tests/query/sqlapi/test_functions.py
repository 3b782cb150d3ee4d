"""The allow-list against the engine that will run it."""

from __future__ import annotations

import re

import pytest

from prologue.query.sqlapi.functions import FUNCTIONS, GROUPS, IN_FUNCTIONS, SYNTAX, TYPED, is_allowed
from prologue.store.reader import Reader

READS_THE_SERVER = re.compile(
    r"^(dict|get[A-Z]|current|file|joinGet|ai[A-Z]|sleep|hostName|FQDN|query_?ID|server|tcpPort|version|uptime"
    r"|filesystem|connection|zookeeper|show|address|demangle|logTrace|evalML|naiveBayes|catboost|format(Row|Query)"
    r"|initialize|finalize|arrayReduce|running|neighbor|blockNumber|rowNumber|transaction|reinterpret|throwIf"
    r"|has(Column|Thread)|region[A-Z]|encrypt|decrypt|aes_|tryDecrypt|fuzz|generate|rand|global[A-Z]ariable"
    r"|timeSeriesStore|__|nothing|aggThrow|flameGraph|parseQuery|obfuscate|tokenizeQuery|user$|database$)"
)


def engine_functions(reader: Reader) -> list[dict[str, object]]:
    return reader.arrow("SELECT name, case_insensitive AS any_case FROM system.functions").to_pylist()


def test_every_name_is_one_of_the_engine(sql_reader: Reader):
    known = engine_functions(sql_reader)
    exact = {row["name"] for row in known}
    lower = {str(row["name"]).lower() for row in known if row["any_case"]}
    assert (
        sorted(name for name in FUNCTIONS - SYNTAX if name not in exact and name.lower() not in lower) == []
    )


def test_no_name_of_the_engine_that_reads_the_server_is_let_through(sql_reader: Reader):
    names = [str(row["name"]) for row in engine_functions(sql_reader)]
    suspects = [name for name in names if READS_THE_SERVER.match(name)]
    assert len(suspects) > 150
    assert [name for name in suspects if is_allowed(name)] == []


def test_a_name_stands_in_one_group():
    assert sum(len(names) for names in GROUPS.values()) == len(FUNCTIONS)


@pytest.mark.parametrize(
    "name",
    [
        "count",
        "COUNT",
        "countIf",
        "sumIfOrNull",
        "uniqExactArrayIf",
        "quantileIf",
        "sumMap",
        "sumForEach",
        "cast",
    ],
)
def test_allowed(name: str):
    assert is_allowed(name)


@pytest.mark.parametrize(
    "name",
    [
        "Distinct",
        "ForEach",
        "sumState",
        "sumMerge",
        "sumStateIf",
        "sumIfState",
        "lowerIf",
        "fileIf",
        "countSimpleState",
        "sumResample",
        "sumArgMin",
        "dictGetIf",
        "nosuch",
    ],
)
def test_not_allowed(name: str):
    assert not is_allowed(name)


def test_special_names_are_names():
    lower = {name.lower() for name in FUNCTIONS} | {"values"}
    assert lower >= TYPED
    assert lower >= IN_FUNCTIONS


def test_the_empty_name_is_no_function():
    assert not is_allowed("")
