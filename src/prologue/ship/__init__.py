"""Takes payloads to another machine: a Prologue server, an OTLP endpoint, a Loki.

Begin with `prologue.ship.sink`, the `PayloadSink` that everything else serves.
"""
