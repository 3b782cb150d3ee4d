"""Loki's response envelopes. Source: Loki's HTTP API reference, "Statistics" among its examples."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.responses import Response

from prologue.query.run import Answer


def success(data: Any) -> Response:
    """`{"status": "success", "data": ...}`; `data` may hold JSON fragments."""
    return Response(orjson.dumps({"status": "success", "data": data}), media_type="application/json")


def query_answer(answer: Answer, *, categorized: bool) -> Response:
    """A query's result with its statistics."""
    data: dict[str, Any] = {
        "resultType": answer.result_type,
        "result": answer.result,
        "stats": statistics(answer),
    }
    if categorized and answer.result_type == "streams":
        data["encodingFlags"] = ["categorize-labels"]
    return success(data)


def statistics(answer: Answer) -> dict[str, Any]:
    """Loki's statistics block, with what is known of ours; clients read `summary`."""
    return {
        "summary": {
            "bytesProcessedPerSecond": 0,
            "linesProcessedPerSecond": 0,
            "totalBytesProcessed": 0,
            "totalLinesProcessed": 0,
            "execTime": answer.seconds,
            "queueTime": 0,
            "subqueries": 0,
            "totalEntriesReturned": answer.entries,
            "splits": 0,
            "shards": 0,
        },
    }
