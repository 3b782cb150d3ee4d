"""LogQL's tokens, frozen tree, parser and printer. Imports nothing but `model`.

Next chapter: `prologue.logql.parser`, the way in.
"""
