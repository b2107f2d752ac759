#!/bin/sh
# Makes the virtual environment with everything the project needs; says in one line what cannot be had and what to do.
set -eu
venv=$1

fail() { echo "setup: $1" >&2; exit 1; }

"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "Python 3.11 or newer is needed: apt-get install python3, or make PYTHON=/path/to/python3.11"

if ! "$PYTHON" -m venv "$venv" >/dev/null 2>&1; then
    [ "$(id -u)" = 0 ] || fail "python3-venv is needed: sudo apt-get install python3-venv"
    { apt-get -qq update && apt-get -qq -y install python3-venv; } >/dev/null 2>&1 ||
        fail "python3-venv could not be installed: apt-get install python3-venv says why"
    "$PYTHON" -m venv "$venv" >/dev/null || fail "the virtual environment could not be made in $venv"
fi

echo "setup: Python packages into $venv (about a minute the first time)"
log=$venv/setup.log
"$venv/bin/pip" install --disable-pip-version-check -r requirements.txt -e '.[dev]' >"$log" 2>&1 || {
    tail -n 3 "$log" >&2
    fail "the packages could not be installed (all of it: $log); is the Python package index reachable?"
}
