"""The instrument itself: what it sends, and how it reads an answer."""
