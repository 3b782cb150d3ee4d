"""LogQL's tokens, frozen tree, parser and printer. Imports nothing but `model`.

Next chapter: `prologue.query.syntax.parser`, the way in.
"""
