#!/usr/bin/env bash
# Compile src/prologue/parse/levels/levels.c to WebAssembly, into the file that is named. Needs clang and lld.
set -euo pipefail
source=src/prologue/parse/levels/levels.c
clang --target=wasm32 -O3 -msimd128 -mbulk-memory -nostdlib -Wall -Wextra -Werror \
  -DSOURCE="0x$(sha256sum "$source" | cut -c1-8)u" -Wl,--no-entry -Wl,--strip-all -o "$1" "$source"
chmod -x "$1"
