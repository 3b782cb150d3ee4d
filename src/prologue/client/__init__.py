"""Talking to a running Prologue from Python and from the command line.

    from prologue.client import connect

    with connect("http://127.0.0.1:3100") as prologue:
        errors = prologue.query_range('{service_name="checkout"} |= "timeout"', start=..., end=...)
        table = errors.to_arrow()

The one name below is the package's front door; everything else is imported from where it lives.
It speaks only the public HTTP API, so it asks any Loki-compatible server as well.
Next chapter: `prologue.client.http`.
"""

from prologue.client.http import connect

__all__ = ["connect"]
