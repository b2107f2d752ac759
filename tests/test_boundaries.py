"""Who may import whom, where foreign words may stand, and how big things may grow: the design's arrows, held."""

from __future__ import annotations

import ast
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("backend", "sandbox")

# Part of backend → the parts it may import beside itself. Read downwards: nothing imports what stands below it.
ARROWS: dict[str, tuple[str, ...]] = {
    "words": (),
    "calls": ("words",),
    "amocrm": (),
    "logs": (),
    "peers": (),
    "pbx": ("calls",),
    "store": ("words", "calls"),
    "config": ("pbx",),  # networks in which a PBX may be
    "recordings": ("calls", "pbx", "store", "config"),
    "replay": ("calls", "pbx"),
    "crm_access": ("amocrm", "store"),
    "desk": ("words", "calls", "amocrm", "logs", "store", "recordings", "crm_access"),
    "installs": ("amocrm", "store", "crm_access", "desk"),
    "web": ("words", "amocrm", "pbx", "store", "config", "recordings", "crm_access", "desk", "installs", "peers"),
    "backend": (
        "amocrm",
        "store",
        "config",
        "recordings",
        "logs",
        "peers",
        "web",
    ),  # the package itself: create_app, and its commands
    "processes": (
        "calls",
        "amocrm",
        "pbx",
        "store",
        "config",
        "recordings",
        "logs",
        "crm_access",
        "desk",
        "installs",
        "peers",
        "backend",
    ),
    "wsgi": ("config", "logs", "backend"),
    "cli": (
        "words",
        "calls",
        "amocrm",
        "pbx",
        "store",
        "config",
        "recordings",
        "logs",
        "crm_access",
        "desk",
        "installs",
        "backend",
        "processes",
        "replay",
    ),
}
# Others' libraries that belong to one part, or to a few.
LIBRARIES: dict[str, tuple[str, ...]] = {
    "panoramisk": ("pbx",),
    "re2": ("calls",),
    "requests": ("amocrm",),
    "urllib3": ("amocrm",),
    "authlib": ("amocrm",),
    "joserfc": ("amocrm",),
    "procrastinate": ("processes",),
    "av": ("recordings",),
    "obstore": ("recordings",),
    "asyncssh": ("recordings",),
    "cryptography": ("store", "config", "pbx"),
    "sqlalchemy": tuple(ARROWS.keys() - {"words", "calls", "amocrm", "pbx"}),
    "flask": tuple(ARROWS.keys() - {"words", "calls", "amocrm", "pbx"}),
    "flask_sqlalchemy": ("store",),
    "gevent": ("web", "processes"),
    "phonenumbers": ("calls", "store", "installs"),
}
# The pure core knows no clock, no chance and no outside; a `datetime` is a value, reading the clock is not.
CLOCK_READERS = {"now", "utcnow", "today"}
IMPURE = {
    "asyncio", "io", "logging", "os", "pathlib", "random", "secrets", "socket", "subprocess", "threading",
    "time", "uuid",
}  # fmt: skip

AMI_WORDS = {
    "Event", "ActionID", "Channel", "ChannelState", "Uniqueid", "Linkedid", "CallerIDNum", "ConnectedLineNum", "Exten",
    "BridgeUniqueid", "DestChannel", "DestUniqueid", "DialString", "DialStatus", "Cause-txt",
}  # fmt: skip
AMI_PLACES = (
    "backend/pbx/", "backend/replay.py", "backend/calls/tracking/tracker.py", "backend/calls/tracking/exchange.py",
    "backend/calls/tracking/resync.py", "backend/calls/tracking/legacy.py", "backend/calls/tracking/recording_names.py",
)  # fmt: skip
AMOCRM_WORDS = {"_embedded", "_links", "custom_fields_values", "validation-errors", "note_type", "call_status"}
AMOCRM_PLACES = ("backend/amocrm/",)

# Where an error of any kind may be caught and not raised again: each keeps going what serves many.
SUPERVISION_LOOPS = {
    "backend/desk/drain.py:_carry",  # one call's bug, the account's other calls
    "backend/pbx/link/link.py:_hand",  # the consumer's bug, the link
    "backend/processes/commands/callbacks.py:_look_at",  # one account's requests, the others' are rung
    "backend/processes/line/line.py:_write",  # a fact that cannot be decided is kept
    "backend/processes/worker.py:_once",  # one chore, the worker
    "backend/web/stream/hub.py:_publish_account",  # one account's streams, the others' go on
}

LONGEST_FILE, LONGEST_FUNCTION, MEDIAN_FUNCTION = 300, 40, 10  # lines
FULLEST_FOLDER = 18  # files
FROZEN = "backend/store/migrations/versions/"
FROZEN_FOLDER = FROZEN.strip("/").replace("/", ".")


@dataclass(frozen=True)
class Module:
    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def part(self) -> str:
        """`backend/desk/drain.py` is of `desk`, `backend/config.py` of `config`, `backend/__init__.py` of `backend`."""
        _, *inner = self.path.relative_to(ROOT).with_suffix("").parts
        return self.path.relative_to(ROOT).parts[0] if inner[0] in ("__init__", "__main__") else inner[0]

    @property
    def folder(self) -> str:
        """`backend/desk/callback/admission.py` is in `backend.desk.callback`."""
        return ".".join(self.path.relative_to(ROOT).parts[:-1])

    @property
    def tree(self) -> ast.Module:
        return _parsed(self.path)

    def imports(self) -> Iterator[str]:
        """Full dotted names, relative ones made absolute, wherever in the file they stand."""
        package = self.path.relative_to(ROOT).parts[:-1]
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (each.name for each in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = package[: len(package) - node.level + 1] if node.level else ()
                yield from (".".join(filter(None, (*base, node.module, each.name))) for each in node.names)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def modules(*folders: str) -> list[Module]:
    return [Module(path) for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def part_of(imported: str) -> str:
    """`backend.desk.drain` → `desk`; `backend.create_app` and `backend` itself → `backend`."""
    first, _, rest = imported.partition(".")
    inner = rest.partition(".")[0]
    there = ROOT / first / inner
    return inner if inner and (there.is_dir() or there.with_suffix(".py").is_file()) else first


def folder_of(imported: str) -> str:
    """`backend.desk.callback.admission.Admission` → `backend.desk.callback`."""
    parts = imported.split(".")
    while not (ROOT / Path(*parts)).is_dir():
        parts.pop()
    return ".".join(parts)


def test_every_part_of_the_backend_has_its_arrows() -> None:
    assert {module.part for module in modules("backend")} == set(ARROWS)


def test_the_arrows_lead_one_way() -> None:
    order = list(TopologicalSorter(ARROWS).static_order())
    assert set(order) == set(ARROWS)
    seen: set[str] = set()
    for part, imported in ARROWS.items():
        assert set(imported) <= seen, f"{part} stands above what it imports"
        seen.add(part)


def test_the_backend_imports_along_the_arrows() -> None:
    assert list(_against_the_arrows()) == []


def _against_the_arrows() -> Iterator[str]:
    for module in modules("backend"):
        for imported in module.imports():
            if imported.partition(".")[0] == "backend":
                part = part_of(imported)
                if part != module.part and part not in ARROWS[module.part] and not _is_command(module, part):
                    yield f"{module.name} imports {imported}"


def _is_command(module: Module, part: str) -> bool:
    """`python -m backend` may import what it starts."""
    return module.path.name == "__main__.py" and part in ARROWS


def test_sibling_folders_import_one_way() -> None:
    """Two folders of one layer that import each other are one folder, or hide a third."""
    arrows = {
        (module.folder, folder_of(imported))
        for module in modules("backend")
        for imported in module.imports()
        if imported.partition(".")[0] == "backend"
    }
    both_ways = {
        tuple(sorted((one, other)))
        for one, other in arrows
        if one != other and one.rpartition(".")[0] == other.rpartition(".")[0] and (other, one) in arrows
    }
    assert both_ways == set()


def test_backend_and_sandbox_do_not_know_each_other() -> None:
    other = dict(zip(OURS, reversed(OURS), strict=True))
    crossing = [
        f"{module.name} imports {imported}"
        for package in OURS
        for module in modules(package)
        for imported in module.imports()
        if imported.partition(".")[0] in (other[package], "tests", "bench")
    ]
    assert crossing == []


def test_a_library_stays_in_its_parts() -> None:
    abroad = [
        f"{module.name} imports {imported}"
        for module in modules("backend")
        for imported in module.imports()
        if module.part not in LIBRARIES.get(imported.partition(".")[0], ARROWS)
    ]
    assert abroad == []


def test_calls_is_pure() -> None:
    allowed = (sys.stdlib_module_names - IMPURE) | {"phonenumbers", "re2", "backend"}
    impure = [
        f"{module.name} imports {imported}"
        for module in modules("backend/calls")
        for imported in module.imports()
        if imported.partition(".")[0] not in allowed
    ]
    assert impure == []


def test_calls_reads_no_clock() -> None:
    reading = [
        f"{module.name}:{node.lineno}: {node.attr}"
        for module in modules("backend/calls")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in CLOCK_READERS
    ]
    assert reading == []


@pytest.mark.parametrize(
    ("words", "places"), [(AMI_WORDS, AMI_PLACES), (AMOCRM_WORDS, AMOCRM_PLACES)], ids=["AMI", "amoCRM"]
)
def test_foreign_words_stop_at_their_border(words: set[str], places: tuple[str, ...]) -> None:
    leaked = [
        f"{module.name}:{line}: {text!r}"
        for module in modules("backend")
        if not module.name.startswith((*places, FROZEN))
        for line, text in _texts(module.tree)
        if text in words
    ]
    assert leaked == []


def _texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def test_which_of_many_is_the_client_is_decided_in_one_place() -> None:
    """By whose leads are open; others ask `client.choose`."""
    deciding = {
        module.name
        for module in modules("backend")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr == "open_leads"
    }
    assert deciding == {"backend/calls/rules/client.py"}


def test_only_supervision_loops_swallow_any_error() -> None:
    found = {
        f"{module.name}:{function.name}"
        for module in modules(*OURS, "bench")
        for function in module.functions()
        if any(_swallows_all(node) for node in ast.walk(function))
    }
    assert found == SUPERVISION_LOOPS


def _swallows_all(node: ast.AST) -> bool:
    """Catches everything; not so one that only cleans up and raises it again."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    everything = any(each is None or getattr(each, "id", "") in ("Exception", "BaseException") for each in kinds)
    return everything and not isinstance(node.body[-1], ast.Raise)


def test_files_stay_small() -> None:
    lines = {module.name: len(module.path.read_text().splitlines()) for module in modules(*OURS, "bench")}
    assert _over(lines, LONGEST_FILE) == {}


def test_folders_stay_small() -> None:
    sizes = Counter(module.folder for module in modules("backend", "bench") if module.path.name != "__init__.py")
    assert {folder: size for folder, size in sizes.items() if size > FULLEST_FOLDER and folder != FROZEN_FOLDER} == {}


def test_functions_stay_small() -> None:
    lengths = {f"{module.name}:{function.name}": _length(function) for module, function in _our_functions()}
    assert _over(lengths, LONGEST_FUNCTION) == {}
    assert statistics.median(_length(function) for _, function in _our_functions()) <= MEDIAN_FUNCTION


def _our_functions() -> Iterable[tuple[Module, ast.FunctionDef | ast.AsyncFunctionDef]]:
    return ((module, function) for module in modules(*OURS, "bench") for function in module.functions())


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _over(lengths: dict[str, int], longest: int) -> dict[str, int]:
    return {name: length for name, length in lengths.items() if length > longest and not name.startswith(FROZEN)}
