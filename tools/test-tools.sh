#!/usr/bin/env bash
# Install the real programs the tests drive (browser, log daemons, a compiler to wasm) where they are missing.
set -euo pipefail
missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v logrotate >/dev/null || missing+=(logrotate)
command -v journalctl >/dev/null || missing+=(systemd)
command -v rsyslogd >/dev/null || missing+=(rsyslog)
[ -x /lib/systemd/systemd-journal-upload ] || missing+=(systemd-journal-remote)
command -v clang >/dev/null || missing+=(clang)
command -v wasm-ld >/dev/null || missing+=(lld)
command -v strace >/dev/null || missing+=(strace)
command -v faketime >/dev/null || missing+=(faketime)
[ ${#missing[@]} = 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing for the tests: ${missing[*]}" >&2
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" fonts-dejavu-core fonts-noto-cjk >/dev/null
else
  echo "the tests need: ${missing[*]}. Cure: sudo apt-get install ${missing[*]}" >&2
  exit 2
fi
