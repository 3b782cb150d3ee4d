"""How Prologue watches itself: its metrics and its own log."""
