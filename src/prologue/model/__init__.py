"""What travels through Prologue: records, labels, payloads, and the errors every stage speaks.

Imports nothing of Prologue. Next chapter: `collect` or `receive`, where a line enters.
"""
