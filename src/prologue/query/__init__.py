"""LogQL compiled to SQL: text -> tokens -> tree -> checks -> plan -> rewrites -> SQL -> result shapes.

Next chapter: `prologue.query.compile`, the whole way on one page; `prologue.query.run`, the way in.
"""
