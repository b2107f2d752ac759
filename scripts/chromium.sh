#!/bin/sh
# The browser that the widget's tests drive: the machine's own Chromium, installed where there is none.
set -eu
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
fail() { echo "chromium: $1" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "a Chromium is needed for the widget's tests: sudo apt-get install chromium"
echo "chromium: installing it by apt-get (about a minute, once)"
{ apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends chromium; } >/dev/null 2>&1 ||
    fail "it could not be installed: apt-get install chromium says why"
