"""Loki's response envelopes. Source: Loki's HTTP API reference, "Statistics" among its examples."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.responses import Response

from prologue.query.run import Answer
from prologue.store.engine import Usage

METHODS = ["GET", "POST"]
"""Every route that only reads takes both."""


def plain(data: Any) -> Response:
    """Data without an envelope; it may hold JSON fragments."""
    return Response(orjson.dumps(data), media_type="application/json")


def success(data: Any) -> Response:
    """`{"status": "success", "data": ...}`; `data` may hold JSON fragments."""
    return plain({"status": "success", "data": data})


def query_answer(answer: Answer, usage: Usage, *, categorized: bool) -> Response:
    """A query's result with its statistics."""
    data: dict[str, Any] = {
        "resultType": answer.result_type,
        "result": answer.result,
        "stats": statistics(usage, answer.entries, answer.seconds),
    }
    if categorized and answer.result_type == "streams":
        data["encodingFlags"] = ["categorize-labels"]
    return success(data)


def statistics(usage: Usage, entries: int, seconds: float) -> dict[str, Any]:
    """Loki's statistics block. `usage` is what the engine read; `entries` is what is answered.

    The summary is what clients show. The parts about Loki's own chunks, ingesters and caches are there
    because clients walk through them; nothing of ours corresponds to them, so they are 0. All reading is
    counted at the store.
    """
    rate = 1 / seconds if seconds > 0 else 0.0
    summary = {
        "bytesProcessedPerSecond": round(usage.bytes * rate),
        "linesProcessedPerSecond": round(usage.rows * rate),
        "totalBytesProcessed": usage.bytes,
        "totalLinesProcessed": usage.rows,
        "execTime": seconds,
        "queueTime": usage.waited,
        "subqueries": 0,
        "totalEntriesReturned": entries,
        "splits": 0,
        "shards": 0,
        "totalPostFilterLines": 0,
        "totalStructuredMetadataBytesProcessed": 0,
    }
    return {
        "summary": summary,
        "querier": {"store": _store(usage.bytes, usage.rows)},
        "ingester": {
            "totalReached": 0,
            "totalChunksMatched": 0,
            "totalBatches": 0,
            "totalLinesSent": 0,
            "store": _store(0, 0),
        },
        "cache": {name: dict(_NO_CACHE) for name in _CACHES},
    }


def _store(bytes_read: int, lines: int) -> dict[str, Any]:
    chunk = {
        "headChunkBytes": 0,
        "headChunkLines": 0,
        "decompressedBytes": bytes_read,
        "decompressedLines": lines,
        "compressedBytes": 0,
        "totalDuplicates": 0,
    }
    return {
        "totalChunksRef": 0,
        "totalChunksDownloaded": 0,
        "chunksDownloadTime": 0,
        "chunk": chunk,
    }


_CACHES = ("chunk", "index", "result", "statsResult", "volumeResult", "seriesResult", "labelResult")
_NO_CACHE = {
    "entriesFound": 0,
    "entriesRequested": 0,
    "entriesStored": 0,
    "bytesReceived": 0,
    "bytesSent": 0,
    "requests": 0,
    "downloadTime": 0,
}
