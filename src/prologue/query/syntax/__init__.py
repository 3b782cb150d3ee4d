"""LogQL's tokens, frozen tree, parser and printer. Imports nothing but `model`.
"""
