"""Go templates in the engine: every value has a kind at compile time, every function is an expression.

Next chapter: `prologue.query.lower.templates.values`.
"""
