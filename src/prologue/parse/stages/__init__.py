"""The stages of custom parsers, one module each; `catalog.py` lists them.

The contract is in `prologue.parse.pipelines`.
"""
