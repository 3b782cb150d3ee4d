"""Elasticsearch's `_bulk`, and the questions its senders ask before they send."""
