"""The honest instrument: real bytes over HTTP into a real server process, and what it cost.

`make bench` generates its data deterministically, starts a server on an empty directory, sends everything
over HTTP with durable acknowledgement, waits until it can be queried, lets it rest, sends again at half the
rate, and prints one table. Rivals whose binaries are given get the same bodies in the same run.

Read `generate.py` (what a line says), `encodings.py` (how each path sends it), `load.py` (who sends),
`systems.py` (to whom), `measure.py` (what is measured when), `report.py` (the table), `queries.py`.
"""
