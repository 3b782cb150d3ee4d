"""Grok: Elastic's named patterns, translated to the regular expressions that the engine has (RE2).

Start with `prologue.parse.grok.translate`; the patterns themselves are in `prologue.parse.grok.library`.
"""
