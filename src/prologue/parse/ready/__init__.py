"""Ready-made pipelines for well-known programs, and how their lines are recognised.

A YAML file a format, two documents: what is known of it and how its lines look, then its pipeline, in the
language of custom parsers. Start with `prologue.parse.ready.catalog`.
"""
