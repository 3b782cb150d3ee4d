"""Read-only SQL over documented views: what is let through, and how it is made to run.

    text -> the engine's own parser, printed again      `canonical.py`
    printed text -> the engine's own tree of it         `tree.py`
    tree -> allow-list, or an error with position       `check.py`, `functions.py`
    views of one tenant around it -> SELECT             `views.py`
    SELECT -> table, under limits                       `answers.py`

What is checked is what the engine understands, not what a second grammar would: a parser of our own
that reads one thing where the engine reads another is the classic way around a check. The checked
text is the printed one, without comments and with one way of quoting, and that text is what runs.

Behind the check: the views hold only the tenant's rows; the engine itself is told to show each stored
table's rows of this tenant and of no other (`additional_table_filters`), which keeps tenants' lines apart
even in a statement that nobody checked; the statement runs `readonly`, so nothing is written, and under
limits of time, memory and result size. Files, addresses and the server's own facts have the check alone.

Next chapter: `prologue.query.sqlapi.canonical`.
"""
