#!/bin/sh
# What the tests need of the machine itself, installed where it is missing: the browser that they drive, curl, with which
# a PBX sends its recordings, and ffprobe, which judges what we serve.
set -eu
fail() { echo "tools: $1" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

missing=
has chromium || has chromium-browser || has google-chrome || missing="$missing chromium"
has curl || missing="$missing curl"
has ffprobe || missing="$missing ffmpeg"
[ -n "$missing" ] || exit 0
[ "$(id -u)" = 0 ] || fail "the tests need these: sudo apt-get install$missing"
echo "tools: installing$missing by apt-get (about a minute, once)"
# shellcheck disable=SC2086
{ apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends $missing; } >/dev/null 2>&1 ||
    fail "they could not be installed: apt-get install$missing says why"
