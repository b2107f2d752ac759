"""What is said of a recording that does not play, in the user's language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from backend.store.recordings.recordings import RecordingState, Why
from backend.web.words import language

ANSWERS: dict[str, dict[str, str]] = {
    "unknown": {"ru": "Такой записи нет", "en": "There is no such recording"},
    "waiting": {
        "ru": "Записи пока нет: она появится вскоре после разговора",
        "en": "Not ready yet: the recording appears soon after the call",
    },
    "failed": {"ru": "Запись получить не удалось", "en": "The recording could not be had"},
    "gone": {"ru": "Запись удалена: срок её хранения прошёл", "en": "The recording is deleted: its time is over"},
    "later": {"ru": "Хранилище записей не отвечает, попробуйте позже", "en": "Recordings are away, try again later"},
}

# NO_SOURCE is not told: where nothing is set, no recording is expected
WHY: dict[str, dict[str, str]] = {
    RecordingState.GONE: {"ru": "срок её хранения прошёл", "en": "its time is over"},
    Why.MISSING: {"ru": "на АТС нет такого файла", "en": "the PBX has no such file"},
    Why.UNREACHABLE: {"ru": "АТС не отдаёт записи", "en": "the PBX does not hand out recordings"},
    Why.REFUSED: {"ru": "АТС отказала в доступе к записям", "en": "the PBX refuses access to recordings"},
    Why.EMPTY: {"ru": "в записи нет звука", "en": "there is no sound in it"},
    Why.BROKEN: {"ru": "файл записи повреждён", "en": "its file is broken"},
    Why.UNKNOWN_FORM: {"ru": "формат записи не поддерживается", "en": "its form is not supported"},
    Why.OVER_QUOTA: {
        "ru": "место для записей аккаунта закончилось: увеличьте его или сократите срок хранения",
        "en": "the account's room for recordings is used up: allow more, or keep them for fewer days",
    },
    Why.TOO_BIG: {"ru": "запись слишком велика", "en": "it is too big"},
    Why.TOO_LONG: {"ru": "запись слишком длинная", "en": "it is too long"},
    Why.OURS: {"ru": "хранилище записей не принимает файл", "en": "our store does not take the file"},
}


def spoken(calls: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Calls of the list, with the reason why a recording does not play in the user's language."""
    return [_spoken(each) for each in calls]


def _spoken(call: dict[str, Any]) -> dict[str, Any]:
    return call | {"recording_why": WHY[call["recording_why"]][language()]} if "recording_why" in call else call
