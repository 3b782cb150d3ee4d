"""From the buffer to the store: what is sealed is parsed, inserted once, then released."""
