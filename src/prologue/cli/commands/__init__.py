"""One module a command, listed in `prologue.cli.catalog`; each holds a click command called `command`."""
