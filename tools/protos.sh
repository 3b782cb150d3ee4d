#!/usr/bin/env bash
# Generate the protobuf modules from src/prologue/receive/wire/*.proto (needs the dev dependencies).
set -euo pipefail
cd src
../.venv/bin/python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. prologue/receive/wire/*.proto
