"""What our pages and answers say, in the user's language."""

from __future__ import annotations

from flask import request

from backend.web.call_words import CALLS
from backend.web.callback.words import REFUSALS

LANGUAGES = ("ru", "en")

Words = dict[str, dict[str, tuple[str, str]]]

INSTALL: Words = {
    "connected": {
        "ru": ("Аккаунт подключён", "Телефонная станция готова к настройке. Это окно можно закрыть."),
        "en": ("The account is connected", "Phone Station can be set up now. You may close this window."),
    },
    "waiting": {
        "ru": ("Почти готово", "Ответ amoCRM задерживается. Мы закончим подключение сами в течение 20 минут."),
        "en": ("Almost there", "amoCRM is slow to answer. We will finish by ourselves within 20 minutes."),
    },
    "failed": {
        "ru": ("Подключить не удалось", "amoCRM не приняла разрешение. Попробуйте подключить ещё раз."),
        "en": ("It could not be connected", "amoCRM did not accept the permission. Please try again."),
    },
    "denied": {
        "ru": ("Доступ не разрешён", "Без разрешения подключить аккаунт нельзя. Можно попробовать ещё раз."),
        "en": ("Access was not allowed", "The account cannot be connected without it. You may try again."),
    },
    "stale": {
        "ru": ("Ссылка устарела", "Она действует один раз, 20 минут и только в том же браузере. Начните заново."),
        "en": ("The link has expired", "It works once, for 20 minutes and in the same browser. Please start again."),
    },
    "foreign": {
        "ru": ("Это не amoCRM", "Адрес или код в запросе не могут быть от amoCRM. Ничего не сделано."),
        "en": ("This is not amoCRM", "The address or code in the request cannot be amoCRM's. Nothing was done."),
    },
    "busy": {
        "ru": ("Слишком много подключений", "Попробуйте через несколько минут."),
        "en": ("Too many connections at once", "Please try again in a few minutes."),
    },
}

API: dict[str, dict[str, str]] = {
    "token": {
        "ru": "Обновите страницу: разрешение amoCRM устарело или не для нас",
        "en": "Reload the page: amoCRM's permission has expired or is not for us",
    },
    "unknown_account": {"ru": "Аккаунт не подключён", "en": "The account is not connected"},
    "not_yours": {
        "ru": "В amoCRM у вас нет доступа к этой карточке",
        "en": "amoCRM does not let you see this card",
    },
    "not_admin": {
        "ru": "Настройки может менять только администратор аккаунта",
        "en": "Only an administrator of the account may change settings",
    },
    "later": {"ru": "amoCRM не отвечает, попробуйте позже", "en": "amoCRM does not answer, try again later"},
    "busy": {"ru": "Слишком много соединений, попробуйте позже", "en": "Too many connections, try again later"},
    "no_database": {
        "ru": "База данных сервиса не отвечает, попробуйте через минуту",
        "en": "The service's database does not answer, try again in a minute",
    },
    "too_large": {"ru": "Слишком большой запрос", "en": "The request is too large"},
    "too_slow": {
        "ru": "Запрос передаётся слишком медленно, повторите его",
        "en": "The request came too slowly, send it again",
    },
    "not_json": {"ru": "Запрос должен быть объектом JSON", "en": "The request must be a JSON object"},
    "not_found": {"ru": "Такого здесь нет", "en": "There is no such thing here"},
    "wrong_method": {"ru": "Так с этим адресом обращаться нельзя", "en": "This address does not take such a request"},
    "changed_meanwhile": {
        "ru": "Пока вы правили настройки, их изменил кто-то ещё",
        "en": "Somebody else has changed the settings meanwhile",
    },
    "too_often": {"ru": "Слишком часто, подождите минуту", "en": "Too often, wait a minute"},
    "checking": {"ru": "Проверка уже идёт, дождитесь её конца", "en": "A check is running already, wait for its end"},
    "failed": {
        "ru": "Внутренняя ошибка сервиса, она записана в журнал",
        "en": "An internal error of the service; it has been logged",
    },
    "invalid": {"ru": "Проверьте выделенные поля", "en": "Check the marked fields"},
    **CALLS,
    **REFUSALS,
}


def language(default: str = "ru") -> str:
    """What the user's browser prefers of what we speak; `lang` in the address wins."""
    asked = request.args.get("lang", "")
    return asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES, default) or default
