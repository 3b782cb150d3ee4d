"""Tables through the client, from a real server, into each library."""

from __future__ import annotations

import builtins
import datetime as dt
import math
import time
from collections.abc import Iterator
from typing import Any, cast

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from prologue.client import connect
from prologue.client.frames import Frame, read_frame
from prologue.client.http import Client
from prologue.model.errors import LimitError, PrologueError, QueryError, UserError
from tests.support.server import ServerProcess

LINES = 30


@pytest.fixture(scope="module")
def client(prologue_server: ServerProcess) -> Iterator[Client]:
    """Asks the server about lines of this module's own service."""
    now = time.time_ns()
    prologue_server.push(
        {
            "_msg": f"request {number} took <b>{number} ms</b>",
            "_time": now - (LINES - number) * 10**9,
            "service_name": "frames",
            "took": number,
            "level": "error" if number % 10 == 0 else "info",
        }
        for number in range(LINES)
    )
    with connect(prologue_server.url) as open_client:
        yield open_client


@pytest.fixture(scope="module")
def frame(client: Client) -> Frame:
    return client.query('{service_name="frames"}', since="1h", direction="forward")


def test_rows(frame: Frame):
    rows = frame.rows()
    assert [row["line"] for row in rows] == [f"request {n} took <b>{n} ms</b>" for n in range(LINES)]
    assert rows[0]["labels"] == {"service_name": "frames"}
    assert rows[0]["structured_metadata"]["took"] == "0"
    assert rows[0]["level"] == "error"
    times = [row["timestamp"] for row in rows]
    assert times == sorted(times)
    assert all(isinstance(one, int) and one > 10**18 for one in times)


def test_arrow(frame: Frame):
    table = frame.to_arrow()
    assert table.num_rows == len(frame) == LINES
    assert table.column_names == frame.columns
    assert table.schema.field("timestamp").type == pa.timestamp("ns", "UTC")
    assert table.schema.field("labels").type == pa.map_(pa.string(), pa.field("value", pa.string(), False))


def test_pandas(frame: Frame):
    data = frame.to_pandas()
    assert isinstance(data, pd.DataFrame)
    assert data.shape == (LINES, len(frame.columns))
    assert data["timestamp"].is_monotonic_increasing
    assert dict(data["labels"][0]) == {"service_name": "frames"}


def test_polars(frame: Frame):
    data = frame.to_polars()
    assert isinstance(data, pl.DataFrame)
    assert data.height == LINES
    assert data["timestamp"].dtype == pl.Datetime("ns", "UTC")
    assert data["level"].value_counts(sort=True)["level"].to_list() == ["info", "error"]


def test_without_polars(frame: Frame, monkeypatch):
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "polars":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UserError, match="polars is not installed") as caught:
        frame.to_polars()
    assert "pip install polars" in caught.value.cure


def test_without_pandas():
    with pytest.raises(UserError, match="pandas is not installed") as caught:
        Frame(cast("pa.Table", _WithoutPandas())).to_pandas()
    assert "pip install pandas" in caught.value.cure


class _WithoutPandas:
    """What a pyarrow table does in an environment without pandas."""

    def to_pandas(self, **_options: Any) -> None:
        raise ModuleNotFoundError("No module named 'pandas'")


def test_metric(client: Client):
    frame = client.query('count_over_time({service_name="frames"}[1h])', step=0)
    assert frame.columns == ["timestamp", "value", "labels"]
    assert sum(row["value"] for row in frame.rows()) == LINES


def test_sql_with_parameters_and_times(client: Client):
    found = client.sql(
        "SELECT level, count() AS n FROM logs WHERE service_name = {s:String} GROUP BY level ORDER BY level",
        parameters={"s": "frames"},
        since=dt.timedelta(hours=1),
        end=dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1),
    )
    assert found.rows() == [{"level": "error", "n": 3}, {"level": "info", "n": 27}]


def test_values_that_are_no_numbers(client: Client):
    row = client.sql("SELECT nan AS a, inf AS b, -inf AS c, NULL AS d").rows()[0]
    assert math.isnan(row["a"])
    assert (row["b"], row["c"], row["d"]) == (math.inf, -math.inf, None)


def test_refusals_keep_position_and_cure(client: Client):
    with pytest.raises(QueryError) as caught:
        client.sql("SELECT * FROM system.tables")
    assert caught.value.code == "sql_not_allowed"
    assert caught.value.position is not None
    assert (caught.value.position.line, caught.value.position.column) == (1, 22)
    assert "logs or streams" in caught.value.cure
    with pytest.raises(QueryError, match="Illegal types") as caught:
        client.sql("SELECT 'a' + 1")
    assert caught.value.code == "sql_error"
    with pytest.raises(QueryError, match="expected"):
        client.query('{service_name="frames"')
    with pytest.raises(LimitError):
        client.query('{service_name="frames"}', limit=10**6)


def test_another_tenant_sees_nothing(prologue_server: ServerProcess, client: Client):
    assert len(client.sql("SELECT * FROM logs", limit=1)) == 1
    with connect(prologue_server.url, tenant="elsewhere") as other:
        assert len(other.sql("SELECT * FROM logs")) == 0
        assert len(other.query('{service_name=~".+"}')) == 0


def test_in_a_notebook(frame: Frame):
    shown = frame._repr_html_()
    assert "<th>line</th>" in shown
    assert "&lt;b&gt;0 ms&lt;/b&gt;" in shown
    assert "<b>" not in shown
    assert f"and {LINES - 20} more rows" in shown
    assert repr(frame).startswith(f"<{LINES} rows: timestamp, line, ")


def test_what_is_no_arrow_stream():
    with pytest.raises(PrologueError, match="not an Arrow stream"):
        read_frame(b"<html>proxy</html>")
