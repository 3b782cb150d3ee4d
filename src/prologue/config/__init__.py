"""One YAML file, the environment and the flags, read once into frozen data.

`settings` says what can be set; `schema` flattens it into keys; `values` reads the text of one value;
`yaml_file` and `environment` find texts; `load` merges them; `reference` writes the documentation.
No other package reads the environment. Next chapter: `prologue.config.settings`.
"""
