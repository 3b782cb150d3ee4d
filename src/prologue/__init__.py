"""Prologue: a cloud-native log platform for application services.

Follow one line through the packages to read the architecture:
`collect` or `receive` -> `buffer` -> `parse` -> `store` -> `query` -> `serve`.
Next chapter: `prologue.model`, what a log record is while it travels.
"""
