"""What the Kubernetes API knows of this node's pods, and its events.

Begin with `prologue.collect.kubernetes.pods`.
"""
