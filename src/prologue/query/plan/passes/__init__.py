"""Rewrite passes: one file, one pure function of the same name; `plan.optimize` orders them."""
