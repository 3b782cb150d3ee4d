#!/usr/bin/env bash
# Make the virtual environment and install exactly what the lock file names, then Prologue itself.
set -euo pipefail
venv=$1 lock=$2
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
  echo "Prologue needs Python 3.11 or newer; $("$python" --version 2>&1 || echo "no $python found"). Set PYTHON=/path/to/python3.11." >&2
  exit 2
}
if [ ! -x "$venv/bin/python" ]; then
  if ! "$python" -m venv "$venv" 2>/tmp/prologue-venv.$$; then
    rm -rf "$venv"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
      echo "installing python3-venv, which this Debian splits from Python" >&2
      apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
      "$python" -m venv "$venv"
    else
      cat /tmp/prologue-venv.$$ >&2
      echo "cure: sudo apt-get install python3-venv, then run make again" >&2
      exit 2
    fi
  fi
  rm -f /tmp/prologue-venv.$$
fi
echo "installing what $lock names into $venv; the first time takes a minute or two" >&2
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
