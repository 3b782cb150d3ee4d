"""`python -m prologue`: the same as the `prologue` command."""

from __future__ import annotations

import sys

from prologue.cli.main import main

sys.exit(main())
