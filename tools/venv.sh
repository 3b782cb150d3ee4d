#!/usr/bin/env bash
# Make the virtual environment and install exactly what the lock file names, then Prologue itself.
set -euo pipefail
venv=$1 lock=$2
python=${PYTHON:-python3}

fail() {
  echo "$*" >&2
  exit 2
}

# A Python of 3.11 or newer that has pip: neither one that was upgraded away nor half an environment.
usable() {
  "$1" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

make_venv() {
  # Debian's message about its missing package goes to standard output.
  "$python" -m venv --clear "$venv" >&2
}

if ! usable "$venv/bin/python"; then
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "Prologue needs Python 3.11 or newer; $("$python" --version 2>&1 || echo "no $python found"). Set PYTHON=/path/to/python3.11."
  if ! make_venv; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
      rm -rf "$venv"
      fail "cure: sudo apt-get install python3-venv, then run make again"
    fi
    echo "installing python3-venv, which this Debian splits from Python" >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
    make_venv
  fi
fi
echo "installing what $lock names into $venv; the first time takes a minute or two" >&2
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
