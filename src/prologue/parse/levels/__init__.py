"""Which level a line says of itself: `words.py` what is looked for, `sql.py` how
the engine finds it, `decide.py` how it is found before the engine has the lines, which `guess.py` reads."""
