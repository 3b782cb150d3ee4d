"""`prologue parse suggest`: a pipeline out of sample lines. Start with `prologue.cli.suggest.propose`."""
