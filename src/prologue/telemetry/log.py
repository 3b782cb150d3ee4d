"""Prologue's own log, on stderr: text for people, JSON lines for another log system."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import orjson

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "msg": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(entry).decode()


def _said_no(record: logging.LogRecord) -> bool:
    """uvicorn's sans-io WebSockets call an answer such as 400 before the handshake an error of the
    server's; it is the sender's, who was told."""
    return "without completing handshake" not in record.getMessage()


def set_up(level: str = "info", form: str = "text") -> None:
    """Send every log record of this process to stderr. `form` is `text` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(_JsonFormatter() if form == "json" else text)
    logging.basicConfig(level=_LEVELS[level], handlers=[handler], force=True)
    for noisy in ("httpx", "uvicorn.error"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(_said_no)
