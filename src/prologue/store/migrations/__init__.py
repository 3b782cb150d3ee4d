"""Numbered schema migrations, applied in order, never edited once released."""
