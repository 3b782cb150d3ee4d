"""Envoy's access log service: its entries as records. Next chapter: `prologue.receive.envoy.receiver`."""
