"""Answers on a terminal or in a file: `lines` for people, `samples` for metrics, `formats` for programs.

Next chapter: `prologue.cli.show.answer`, which picks one.
"""
