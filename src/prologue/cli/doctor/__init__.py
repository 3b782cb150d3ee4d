"""Checks of this machine: each looks at one thing for real and says how to mend what is wrong.

`finding` is what a check answers, `catalog` lists the checks, one module holds those of one subject.
Next chapter: `prologue.cli.doctor.catalog`.
"""
