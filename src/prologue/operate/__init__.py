"""Running Prologue under Kubernetes.
"""
