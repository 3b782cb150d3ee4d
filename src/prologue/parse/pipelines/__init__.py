"""Custom parsers: pipelines declared in YAML, compiled to engine expressions, run inside the insert.

The way of a pipeline: `document.py` reads YAML and keeps positions, `read.py` makes frozen nodes of it
(`nodes.py`), `compile.py` lowers them stage by stage onto `rows.py`, and `prologue.pipeline.parsing` runs
what came out between the staged batch and its insert. What there is to choose from stands in
`prologue.parse.stages.catalog`, one module a stage.

**The contract of a stage.** One module in `parse/stages/`, one line in its catalog, one section in
docs/parsers.md. The module holds:

- a frozen dataclass, the stage's settings as data;
- `read(options) -> node`: from YAML. Every option is taken through `Options`, which knows the place of each
  value; whatever is wrong is refused there with file, line, column and cure. It never touches the engine;
- `lower(node, rows) -> None`: to engine expressions. Duties:
  - read a field with `rows.source(name)`, which is '' for lines that the stage must leave alone (its `when`
    does not hold, or an earlier stage failed on them); an expression over it is then '' too;
  - what is used twice goes through `rows.compute` first: the engine evaluates an expression again in each
    branch that mentions it;
  - found fields are set with `rows.found(name, value)`, where '' means "nothing found" and leaves what was
    there; a value that is not derived from `rows.source` is set with `rows.assign`, which minds the guard;
  - a line that is not what the stage expects is told with `rows.fail(condition, kind)`: what then happens is
    the user's `on_error`, not the stage's business;
  - a user's text reaches SQL through `rows.bindings` only, never as text.

A stage that cannot be an engine expression implements `prologue.parse.stages.batch.BatchStage` instead:
an Arrow table in, an Arrow table out. The pipeline is cut in two there.

A line is never lost: `keep` (the default of `on_error`) stores it whole with `__error__` and
`__error_details__`, and later stages but `redact` leave it alone. Only `drop`, `sample`, `rate_limit`,
`on_error: drop` and a batch stage's `drop` column remove lines, and `multiline` joins them; what is
removed is counted.
"""
