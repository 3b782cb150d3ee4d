"""Sections of settings, one module an area; `prologue.config.settings` lists them."""
