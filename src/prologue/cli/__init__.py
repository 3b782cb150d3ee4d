"""The `prologue` command: the server's switch, and a client of its public API.

`main` maps errors to exit codes, `catalog` lists the commands, `commands/` holds one module each;
`demo/` simulates an estate of services, `doctor/` checks the machine, `show/` writes answers.
Modules are imported when their command runs, so that `prologue version` stays quick.
Next chapter: `prologue.cli.main`.
"""
