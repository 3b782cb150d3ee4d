"""Talking to a running Prologue from Python and from the command line.
"""
