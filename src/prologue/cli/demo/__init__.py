"""A simulated estate: a shop of ten services whose logs tell a story worth asking about.

`estate` says what runs where, `story` what changes and breaks and when, `traffic` which requests
arrive and how they fare (column by column), `voices` what each service writes about them, `formats`
how its logging library spells it, `simulator` puts a window of time together, `sender` pushes it.
Everything is a function of a seed and a start time. Next chapter: `prologue.cli.demo.estate`.
"""
