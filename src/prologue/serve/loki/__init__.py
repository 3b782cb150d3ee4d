"""Loki's HTTP API: parameters in, envelopes out. Next chapter: `queries.py`."""
