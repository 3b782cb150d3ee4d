"""The `prologue` command.
"""
