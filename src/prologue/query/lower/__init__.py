"""Lowering: plans to SQL. Labels are names here, lines are rows, and nothing is computed in Python.

Next chapter: `prologue.query.lower.environment`.
"""
