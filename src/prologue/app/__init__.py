"""Putting the roles together in one process: start in order, drain and stop in order."""
