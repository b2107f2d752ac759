"""`python -m sandbox crm|pbx|demo`: each part alone, or all together."""

from __future__ import annotations

import sys
from importlib import import_module

PARTS = {"crm": "sandbox.crm.cli", "pbx": "sandbox.pbx.cli", "demo": "sandbox.demo"}


def main(argv: list[str]) -> int:
    if not argv or argv[0] not in PARTS:
        asked = argv[:1] in (["-h"], ["--help"])
        print(f"usage: python -m sandbox {'|'.join(PARTS)} [options]", file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    return int(import_module(PARTS[argv[0]]).main(argv[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
