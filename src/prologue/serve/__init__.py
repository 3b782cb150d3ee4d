"""The HTTP face: Loki's API, our own, the UI, health and metrics."""
