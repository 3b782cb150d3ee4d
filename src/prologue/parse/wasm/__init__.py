"""Parsers compiled to WebAssembly: untrusted code over whole batches of lines, in a sandbox.

Start with `prologue.parse.wasm.parser`; the interface a module must have is in `prologue.parse.wasm.batch`.
"""
