"""What of LogQL means the same on stored lines and on lines on their way in, as engine expressions.

Texts of the user are bound, never pasted. Next chapter: `prologue.logql.lower.sql`, the pieces.
"""
