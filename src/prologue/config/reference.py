"""The configuration page of the documentation, written from the settings themselves.

`python -m prologue.config.reference > docs/configuration.md` writes it; a test fails when the page
and the settings differ.
"""

from __future__ import annotations

from prologue.config.environment import RESERVED
from prologue.config.schema import Key, schema_of
from prologue.config.settings import Settings
from prologue.config.values import show_value

_KIND_WORDS = {
    "bool": "true or false",
    "int": "whole number",
    "str": "text",
    "path": "path",
    "duration": "duration",
    "size": "size",
    "listen": "address",
    "listen_or_off": "address or empty",
    "yaml": "YAML",
}

_OPENING = """\
# Configuration

<!-- Written by `python -m prologue.config.reference`; a test fails when this page lags. -->

Prologue needs no configuration. What you do set comes from one YAML file, the environment and a few
flags. When a setting is in several places the last of these wins: its default, the file, the
environment, a flag. `prologue config show` prints the settings in effect and where each came from;
`prologue config check FILE` reads a file and starts nothing.

```yaml
# prologue.yaml, used with: prologue up --config prologue.yaml
data_dir: /var/lib/prologue
http:
  listen: 0.0.0.0:3100
store:
  retention_days: 90
collect:
  include: [/srv/*/logs/**/*.log]
```

- **Environment**: `PROLOGUE_`, then the key in capitals, its dot as two underscores:
  `PROLOGUE_HTTP__LISTEN=0.0.0.0:3100`. Lists are written `a,b` or `[a, b]`, maps `a=1,b=2` or `{a: 1, b: 2}`.
- **Flags** of `prologue up`: `--config`, `--listen`, `--data-dir`, `--log-level`.
- **Durations**: `250ms`, `30s`, `1h30m`, `7d`; a plain number is seconds.
- **Sizes**: `512KiB`, `64MiB`, `4GiB` (powers of 1024), `500MB` (powers of 1000), Kubernetes' `64Mi`;
  a plain number is bytes.
- A key or variable that Prologue does not know is an error that names the nearest one it does know.
  A key with nothing after it changes nothing. Variables that Kubernetes injects for a Service called
  `prologue` are ignored.
"""


def reference_page() -> str:
    """The whole page, Markdown."""
    schema = schema_of(Settings)
    parts = [_OPENING, _table([key for key in schema.keys if "." not in key.path], "## At the top")]
    for section, doc in schema.sections:
        keys = [key for key in schema.keys if key.path.rpartition(".")[0] == section]
        parts.append(_table(keys, f"## `{section}`\n\n{doc}"))
    parts.append(_reserved())
    return "\n".join(parts)


def _table(keys: list[Key], heading: str) -> str:
    rows = [f"| `{key.path}` | {_words(key)} | `{_default(key)}` | {key.doc} |" for key in keys]
    return "\n".join([heading, "", "| key | value | default | meaning |", "|---|---|---|---|", *rows, ""])


def _words(key: Key) -> str:
    if key.kind == "choice":
        return " or ".join(f"`{choice}`" for choice in key.choices)
    if key.kind == "list":
        return f"list of {_KIND_WORDS[key.item]}s" if key.item != "str" else "list of texts"
    words = f"map of {_KIND_WORDS[key.item]}s" if key.kind == "map" else _KIND_WORDS[key.kind]
    words = words.replace("map of texts", "map of text")
    if key.above is not None:
        return f"{words}, more than {key.above:g}"
    if key.at_least:
        return f"{words}, at least {show_value(key, int(key.at_least))}"
    return words


def _default(key: Key) -> str:
    return show_value(key, key.default)


def _reserved() -> str:
    rows = [f"| `{name}` | {doc} |" for name, doc in RESERVED.items()]
    heading = "## Other variables\n\nRead by the `prologue` command; not settings of the server."
    return "\n".join([heading, "", "| variable | meaning |", "|---|---|", *rows, ""])


if __name__ == "__main__":
    print(reference_page(), end="")
