"""Which level a line says of itself: `words.py` what is looked for, `guess.py` the look at many lines."""
