"""What of ours, and for us, is installed on a PBX: modules, the dialplan and its hooks, the recording, the journal."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from backend.calls.rules.routing import Routing
from backend.pbx.astdb import COUNTERS, JOURNAL, LOST
from backend.pbx.check.findings import Answers, CheckedPart, Finding, Said, named, ok, refused, said, warn
from backend.pbx.dialplan import freepbx
from backend.pbx.dialplan.flavours import Flavour
from backend.pbx.dialplan.names import CALLBACK, CLICK, KEY, LEFT, ROUTE, SEEN, VERSION, country_mark
from backend.pbx.errors import ActionRefused, PbxError
from backend.pbx.link.connection import Fields
from backend.pbx.link.wire import Message

# What does not work without → the contexts that do it.
CONTEXTS = {"click": (CLICK, CALLBACK), "route": (ROUTE, KEY), "journal": (SEEN, LEFT)}
# What does not work without → the modules it needs beside those that every PBX has loaded.
MODULES = {
    "route": (
        "app_stack", "app_exec", "app_userevent", "func_callerid", "func_cut", "func_db", "func_dialplan",
        "func_global", "func_logic", "func_strings",
    ),
    "question": ("app_waitforcond",),
    "journal": (
        "app_stack", "app_userevent", "func_cdr", "func_channel", "func_db", "func_hangupcause", "func_lock",
        "func_strings", "func_uri",
    ),
}  # fmt: skip
SHELLS = ("app_system", "func_shell", "res_agi")
"""Modules by which a call, and so whoever may originate one, runs programs on the PBX's machine."""
MIXMONITOR, CDR_EVENTS = "app_mixmonitor", "cdr_manager"
FREEPBX_MARKS = ("macro-dialout-trunk", freepbx.ROOT, "ext-local")
"""Contexts that FreePBX has in each version, and its relatives have too."""
INBOUND, OUTBOUND = "inbound hook", "outbound hook"
COUNTRY, QUEUE = "country", "queue"
_NOT_THERE = "Database entry not found"


def exists(*place: str) -> tuple[str, Fields]:
    """Asks whether the dialplan has a context, or an extension of it at a priority or a label."""
    return "Getvar", {"Variable": f"DIALPLAN_EXISTS({','.join(place)})"}


def _questions() -> dict[str, tuple[str, Fields]]:
    contexts = [each for names in CONTEXTS.values() for each in names]
    modules = {each for names in MODULES.values() for each in names} | {MIXMONITOR, CDR_EVENTS, *SHELLS}
    return {
        **{each: exists(each) for each in (*contexts, *FREEPBX_MARKS)},
        **{_current(each): exists(each, VERSION, "1") for each in contexts},
        INBOUND: exists(freepbx.ROOT, VERSION, "1"),
        OUTBOUND: exists(freepbx.HOOK, "s", freepbx.LABEL),
        **{each: ("ModuleCheck", {"Module": f"{each}.so"}) for each in sorted(modules)},
    }


def questions_of(routing: Routing) -> dict[str, tuple[str, Fields]]:
    """What to ask beside QUESTIONS, of an account that routes so."""
    then = routing.then
    queue = {QUEUE: exists(then.context, then.extension, "1")} if then else {}
    return {COUNTRY: exists(KEY, country_mark(routing.country), "1"), **queue}


def _current(context: str) -> str:
    return f"{context} {VERSION}"


QUESTIONS = _questions()
LISTS: dict[str, tuple[str, Fields]] = {each: ("DBGetTree", {"Family": each}) for each in (JOURNAL, COUNTERS)}


def flavour(answers: Answers) -> Flavour | None:
    if isinstance(answers.told[FREEPBX_MARKS[0]], PbxError):
        return None
    return Flavour.FREEPBX if all(map(answers.is_yes, FREEPBX_MARKS)) else Flavour.ASTERISK


def modules(answers: Answers) -> Finding:
    unanswered = answers.told["app_stack"]
    if isinstance(unanswered, PbxError) and _is_unclear(unanswered):
        return warn(CheckedPart.MODULES, *refused(unanswered))
    lost = {what: [each for each in names if _is_missing(answers, each)] for what, names in MODULES.items()}
    missing = {each for names in lost.values() for each in names}
    if not missing:
        return ok(CheckedPart.MODULES, said("there"))
    return warn(CheckedPart.MODULES, said("missing", **named(missing)), *_without(what for what in lost if lost[what]))


def shell(answers: Answers) -> Finding:
    """Whether our AMI user could run programs there."""
    unanswered = answers.told[SHELLS[0]]
    if isinstance(unanswered, PbxError) and _is_unclear(unanswered):
        return warn(CheckedPart.SHELL, *refused(unanswered))
    loaded = [each for each in SHELLS if not isinstance(answers.told[each], PbxError)]
    return warn(CheckedPart.SHELL, said("open", **named(loaded))) if loaded else ok(CheckedPart.SHELL, said("closed"))


def _is_unclear(error: PbxError) -> bool:
    """Whether it says nothing of the module."""
    return not isinstance(error, ActionRefused) or error.no_right


def _is_missing(answers: Answers, module: str) -> bool:
    answer = answers.told[module]
    return isinstance(answer, PbxError) and not _is_unclear(answer)


def _without(lost: Iterable[str]) -> list[Said]:
    return [said(f"without_{each}") for each in lost]


def dialplan(answers: Answers, routing: Routing) -> Finding:
    unanswered = answers.told[CLICK]
    if isinstance(unanswered, PbxError):
        return warn(CheckedPart.DIALPLAN, *refused(unanswered))
    absent = [what for what, names in CONTEXTS.items() if not all(map(answers.is_yes, names))]
    if len(absent) == len(CONTEXTS):
        return warn(CheckedPart.DIALPLAN, said("absent"), *_without(absent), *_for_whom(answers))
    is_old = [what for what, names in CONTEXTS.items() if what not in absent and not _are_current(answers, names)]
    says = [said("old")] if is_old else []
    says += [said("incomplete"), *_without(absent)] if absent else []
    says += _for_another(answers, absent) if not is_old else []
    says += _unhooked(answers)
    says += _no_queue(answers, routing)
    if says:
        return warn(CheckedPart.DIALPLAN, *says, *_for_whom(answers))
    return ok(CheckedPart.DIALPLAN, said("current"), *_by_hand(answers))


def _are_current(answers: Answers, contexts: Iterable[str]) -> bool:
    return all(answers.is_yes(_current(each)) for each in contexts)


def _for_another(answers: Answers, absent: Collection[str]) -> list[Said]:
    """The country was changed after the lines had been pasted."""
    return [] if "route" in absent or answers.is_yes(COUNTRY) else [said("other_country")]


def _no_queue(answers: Answers, routing: Routing) -> list[Said]:
    if routing.then is None or answers.is_yes(QUEUE):
        return []
    return [said("no_queue", place=f"{routing.then.extension}@{routing.then.context}")]


def _unhooked(answers: Answers) -> list[Said]:
    """FreePBX alone tells: on a plain Asterisk the two lines stand wherever its administrator wants them."""
    if flavour(answers) is not Flavour.FREEPBX:
        return []
    hooks = (INBOUND, OUTBOUND)
    return [said(f"no_{hook.replace(' ', '_')}") for hook in hooks if not answers.is_yes(hook)]


def _by_hand(answers: Answers) -> list[Said]:
    return [] if flavour(answers) is Flavour.FREEPBX else [said("by_hand")]


def _for_whom(answers: Answers) -> list[Said]:
    return [said("freepbx")] if flavour(answers) is Flavour.FREEPBX else []


def recording(answers: Answers) -> Finding:
    """Whether it can record and tell the names; which calls it records, only the calls show."""
    unanswered = answers.told[MIXMONITOR]
    if isinstance(unanswered, PbxError) and _is_unclear(unanswered):
        return warn(CheckedPart.RECORDING, *refused(unanswered))
    if _is_missing(answers, MIXMONITOR):
        return warn(CheckedPart.RECORDING, said("no_mixmonitor"))
    if _is_missing(answers, CDR_EVENTS):
        return warn(CheckedPart.RECORDING, said("no_names"))
    return ok(CheckedPart.RECORDING, said("able"))


def journal(answers: Answers) -> Finding:
    """How many calls wait to be read back from the PBX, and how many were lost there."""
    listed = answers.lists[JOURNAL]
    if isinstance(listed, PbxError) and not _is_empty(listed):
        return warn(CheckedPart.JOURNAL, said("unreadable"), *refused(listed))
    says = [said("waiting", count=0 if isinstance(listed, PbxError) else len(listed))]
    lost = _lost(answers.lists[COUNTERS])
    return warn(CheckedPart.JOURNAL, *says, said("lost", count=lost)) if lost else ok(CheckedPart.JOURNAL, *says)


def _is_empty(error: PbxError) -> bool:
    return error.detail == _NOT_THERE


def _lost(counters: list[Message] | PbxError) -> int:
    rows = [] if isinstance(counters, PbxError) else counters
    told = next((row.get("Val", "") for row in rows if row.get("Key", "") == f"/{COUNTERS}/{LOST}"), "")
    return min(int(told), 10**9) if told.isascii() and told.isdigit() and len(told) < 12 else 0
