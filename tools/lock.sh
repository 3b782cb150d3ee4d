#!/usr/bin/env bash
# Resolve pyproject.toml into the two lock files, with hashes.
set -euo pipefail
.venv/bin/python -m pip install --quiet uv
.venv/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header \
  pyproject.toml tools/build-requirements.in -o requirements.lock
.venv/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header \
  pyproject.toml tools/build-requirements.in --group dev -c requirements.lock -o requirements-dev.lock
