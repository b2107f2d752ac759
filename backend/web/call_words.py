"""Why a call could not be made, ended or passed, in words for who asked."""

from __future__ import annotations

CALLS: dict[str, dict[str, str]] = {
    "no_extension": {
        "ru": "Вам не назначен внутренний номер: попросите администратора",
        "en": "No extension is set for you: ask an administrator",
    },
    "phone_unreachable": {
        "ru": "Ваш телефон недоступен: он не зарегистрирован на АТС",
        "en": "Your phone cannot be reached: it is not registered on the PBX",
    },
    "number_not_allowed": {"ru": "На этот номер звонить нельзя", "en": "This number may not be called"},
    "pbx_not_connected": {"ru": "Нет связи с АТС", "en": "The PBX is not connected"},
    "call_over": {"ru": "Звонок уже закончился", "en": "The call is over"},
    "busy_here": {"ru": "Вы уже разговариваете", "en": "You are talking already"},
    "colleague_unreachable": {"ru": "Телефон коллеги недоступен", "en": "The colleague's phone cannot be reached"},
    "pbx_refused": {"ru": "АТС отказала", "en": "The PBX refused"},
    "unclear": {
        "ru": "АТС не ответила вовремя: посмотрите на телефон, прежде чем повторять",
        "en": "The PBX did not answer in time: look at your phone before you try again",
    },
}

# What we know of a refusal beyond its kind; anything else are the PBX's own words.
BECAUSE: dict[str, dict[str, str]] = {
    "not-in-dialplan": {"ru": "АТС не знает, как его набрать", "en": "the PBX does not know how to dial it"},
    "no-such-extension": {
        "ru": "внутреннего номера коллеги нет в контексте для звонков",
        "en": "the colleague's extension is not in the context that calls are dialled in",
    },
    "no-attended-transfer": {
        "ru": "перевод с вопросом для этого разговора не разрешён (код atxfer в features.conf, ключи t и T у Dial)",
        "en": "a transfer with a question is not allowed in this talk (atxfer in features.conf, t and T of Dial)",
    },
}


def because(words: str, language: str) -> str:
    return BECAUSE[words][language] if words in BECAUSE else words
