"""The honest instrument: real bytes over HTTP into a real server process, and what it cost.

`make bench` generates its data deterministically, starts `prologue up` on an empty directory, sends
everything over HTTP with durable acknowledgement, waits until it can be queried, and prints one table.
Next chapter: `bench.__main__`.
"""
