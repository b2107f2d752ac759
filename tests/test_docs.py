"""The documents: every link leads somewhere, every path they name exists, and what the code cites of them is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").rglob("*.md")])
CODE = ("backend", "sandbox", "tests", "bench", "widget/src", "widget/tools", "widget/tests")
LANGUAGES = (".py", ".js", ".mjs")

LINK = re.compile(r"\]\(([^)\s]+)\)")
QUOTED = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"[\w-]+\.(?:py|js|mjs)")
PATH = re.compile(r"\.?[a-z][\w.-]*(/[\w.-]+)+/?")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# Sections: "docs/amocrm-contract.md §3.1"; several of one page: "docs/amocrm-contract.md §1.2, §4.4".
CITATION = re.compile(r"docs/([\w/-]+\.md)((?:,? (?:and )?(?:§|gotcha |decision )[\d.–]*\d)+)")
SECTION = re.compile(r"(§|gotcha |decision )([\d.]*\d)")
UNNAMED = re.compile(
    r"(?:contract|engine facts|Asterisk facts|\bfacts),? (?:§|section )|gotcha \d|[Dd]esign decision \d", re.IGNORECASE
)


def named(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


def prose(text: str) -> str:
    """Without blocks of code, in which nothing is a link."""
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


@cache
def anchors(document: Path) -> frozenset[str]:
    """Of its headings, as GitHub makes them."""
    headings = HEADING.findall(prose(document.read_text()))
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", each).lower() for each in headings)
    return frozenset(re.sub(r"[^\w\- ]", "", each).replace(" ", "-") for each in plain)


@cache
def sections(document: Path) -> frozenset[str]:
    """`§3.1` for a heading "### 3.1 …" or "## 3. …"; items of numbered lists as `gotcha 5`, `decision 6`."""
    text = document.read_text()
    headings = {f"§{each}" for each in re.findall(r"^#+ ([\d.]*\d)\.? ", text, re.MULTILINE)}
    items = re.findall(r"^(\d+)\. ", text, re.MULTILINE)
    return frozenset(headings | {f"{kind} {each}" for each in items for kind in ("gotcha", "decision")})


def homes(document: Path) -> Iterator[Path]:
    """Where a path that a document names may begin."""
    yield from (ROOT, ROOT / "backend", ROOT / "widget", document.parent)


@cache
def file_names() -> frozenset[str]:
    return frozenset(path.name for folder in CODE for path in (ROOT / folder).rglob("*.*"))


def sources() -> Iterator[Path]:
    for folder in CODE:
        yield from (path for path in (ROOT / folder).rglob("*") if path.suffix in LANGUAGES and path != Path(__file__))


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_links_lead_somewhere(document: Path) -> None:
    dead = []
    for target in LINK.findall(prose(document.read_text())):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        there = (document.parent / path).resolve() if path else document
        if not there.exists() or (anchor and anchor not in anchors(there)):
            dead.append(target)
    assert dead == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_paths_exist(document: Path) -> None:
    """Of what looks like a path and begins with a folder of ours."""
    quoted = {each for each in QUOTED.findall(prose(document.read_text())) if PATH.fullmatch(each)}
    ours = {each for each in quoted if any((home / each.partition("/")[0]).is_dir() for home in homes(document))}
    assert sorted(each for each in ours if not any((home / each).exists() for home in homes(document))) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_files_named_without_their_folder_exist(document: Path) -> None:
    quoted = {each for each in QUOTED.findall(prose(document.read_text())) if FILE.fullmatch(each)}
    assert sorted(quoted - file_names()) == []


def test_what_the_code_cites_is_there() -> None:
    lost = [
        f"{source.relative_to(ROOT)}: {page} {kind}{number}"
        for source in sources()
        for page, cited in CITATION.findall(_joined(source))
        for kind, number in SECTION.findall(cited)
        if not (ROOT / "docs" / page).is_file() or f"{kind}{number}" not in sections(ROOT / "docs" / page)
    ]
    assert lost == []


def test_the_code_names_the_document_that_it_cites() -> None:
    unnamed = [
        f"{source.relative_to(ROOT)}: {found}"
        for source in sources()
        for found in UNNAMED.findall(CITATION.sub("", _joined(source)))
    ]
    assert unnamed == []


def _joined(source: Path) -> str:
    """A citation may be broken at the end of a line of a comment."""
    return re.sub(r"\s*\n\s*(?:#|//|\*)?\s*", " ", source.read_text())


RECORDS = sorted((ROOT / "docs/decisions").glob("0*.md"))


@pytest.mark.parametrize("record", RECORDS, ids=named)
def test_a_decision_has_its_number_date_and_status(record: Path) -> None:
    title, _, head = record.read_text().split("\n")[:3]
    assert re.fullmatch(r"# \d{4} .+", title)
    assert title[2:6] == record.name[:4]
    assert re.match(r"Date: \d{4}-\d{2}-\d{2}\. Status: (accepted|superseded)\b.*\.$", head)


def test_every_decision_is_in_the_list_by_its_title() -> None:
    listed = dict(
        re.findall(
            r"^\| \[\d{4}\]\(([\w-]+\.md)\) \| (.+) \|$", (ROOT / "docs/decisions/README.md").read_text(), re.MULTILINE
        )
    )
    assert listed == {record.name: record.read_text().split("\n")[0][7:] for record in RECORDS}
