#!/usr/bin/env bash
# Install the real programs the tests drive (browser, log daemons, a compiler to wasm) where they are missing.
set -euo pipefail
missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v logrotate >/dev/null || missing+=(logrotate)
command -v journalctl >/dev/null || missing+=(systemd)
command -v rsyslogd >/dev/null || missing+=(rsyslog)
ls /usr/lib/*/rsyslog/lmnsd_gtls.so >/dev/null 2>&1 || missing+=(rsyslog-gnutls)
ls /usr/lib/*/rsyslog/omelasticsearch.so >/dev/null 2>&1 || missing+=(rsyslog-elasticsearch)
[ -x /lib/systemd/systemd-journal-upload ] || missing+=(systemd-journal-remote)
command -v clang >/dev/null || missing+=(clang)
command -v wasm-ld >/dev/null || missing+=(lld)
command -v strace >/dev/null || missing+=(strace)
command -v faketime >/dev/null || missing+=(faketime)
command -v java >/dev/null || missing+=(default-jre-headless)
command -v mvn >/dev/null || missing+=(maven)
if [ ${#missing[@]} = 0 ]; then
  :
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing for the tests: ${missing[*]}" >&2
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" fonts-dejavu-core fonts-noto-cjk >/dev/null
else
  echo "the tests need: ${missing[*]}. Cure: sudo apt-get install ${missing[*]}" >&2
  exit 2
fi

# A Kafka broker: the jars that tools/kafka/pom.xml names, from Maven Central, once for all checkouts.
version=$(sed -n '/kafka_2.13/{n;s/.*<version>\(.*\)<\/version>.*/\1/p}' tools/kafka/pom.xml)
jars=$HOME/.cache/prologue-tests/kafka-$version
if [ ! -e "$jars/.complete" ]; then
  echo "fetching Kafka $version for the tests" >&2
  mvn -q -B -f tools/kafka/pom.xml org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DoutputDirectory="$jars" -DincludeScope=runtime >&2
  touch "$jars/.complete"
fi
