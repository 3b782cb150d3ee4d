"""Loki's push protocol. Next chapter: `prologue.receive.loki.receiver`."""
