"""Answers as tables, for notebooks and programs: LogQL as columns, and read-only SQL.

    LogQL -> the same plan as Loki's routes -> `logql.py` -> SELECT of columns
    SQL   -> `prologue.query.sqlapi`, which lets through what is harmless -> SELECT of columns
    SELECT of columns -> `result.py` -> Arrow, or rows the engine has written as JSON

Next chapter: `prologue.query.tabular.logql`.
"""
