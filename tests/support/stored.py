"""What an engine directory holds, read by a process of its own after its server has ended.

Independent of the query path on purpose: delivery is judged by what is in the tables.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

_READ = """
import json, sys
from pathlib import Path
from prologue.store.embedded import EmbeddedEngine
engine = EmbeddedEngine(Path(sys.argv[1]))
table = engine.arrow("SELECT body, count() AS n FROM logs GROUP BY body")
print(json.dumps(dict(zip(table["body"].to_pylist(), table["n"].to_pylist()))))
engine.close()
"""


def stored_bodies(data_dir: Path) -> Counter[str]:
    """How often each body is stored."""
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(data_dir / "engine")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Counter(json.loads(done.stdout))
