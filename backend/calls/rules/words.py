"""The few words that a call leaves in the CRM, in the account's language."""

from __future__ import annotations

from backend.calls.facts import Reason

REASONS: dict[Reason | None, tuple[str, str]] = {
    Reason.BUSY: ("занято", "busy"),
    Reason.NO_ANSWER: ("не отвечает", "no answer"),
    Reason.NO_SUCH_NUMBER: ("номер не существует", "no such number"),
    Reason.GIVEN_UP: ("не дождались ответа", "given up"),
    Reason.REFUSED: ("вызов отклонён", "refused"),
    Reason.UNREACHABLE: ("абонент недоступен", "unreachable"),
    None: ("вызов не удался", "failed"),
}


def reason(why: Reason | None, language: str) -> str:
    """Why an attempt failed."""
    return REASONS[why][0 if language == "ru" else 1]


def nobody(language: str) -> str:
    """In the place of an employee when nobody talked."""
    return "Никто не ответил" if language == "ru" else "Nobody answered"


REQUEST = {
    "ru": ("Заявка с сайта", "Имя", "Телефон", "Комментарий", "Отдел"),
    "en": ("Request from the site", "Name", "Phone", "Comment", "Department"),
}


def request(phone: str, language: str) -> str:
    """What a lead is called that came from a site."""
    return f"Заявка {phone}" if language == "ru" else f"Request {phone}"
