"""OpenTelemetry's protocol over HTTP, logs only. Next chapter: `prologue.receive.otlp.receiver`."""
