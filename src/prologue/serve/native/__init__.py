"""Our own query API: tables out, as JSON, Arrow or Parquet. Next chapter: `routes.py`."""
