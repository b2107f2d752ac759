"""What administrators are told when the line to the PBX, or the way to amoCRM, is lost and when it is back."""

from __future__ import annotations

from datetime import datetime

# trouble → (what, what to do), in Russian and in English
CRM = {
    "needs_reauthorisation": (
        ("amoCRM больше не принимает наше разрешение", "amoCRM no longer accepts our permission"),
        (
            "Администратору: откройте настройки виджета «Телефонная станция» и подключите аккаунт заново",
            "An administrator should open the settings of the Phone Station widget and connect the account anew",
        ),
    ),
    "unpaid": (
        ("amoCRM отвечает, что подписка не оплачена", "amoCRM says that the subscription is not paid"),
        ("Продлите подписку: дальше всё запишется само", "Renew the subscription: the rest is written by itself"),
    ),
    "blocked": (
        ("amoCRM временно не принимает запросы", "amoCRM does not accept requests for a while"),
        ("Если это длится часами, напишите в поддержку amoCRM", "If it lasts for hours, write to amoCRM's support"),
    ),
    "silent": (
        ("amoCRM не отвечает или отвечает ошибкой", "amoCRM does not answer, or answers with an error"),
        (
            "Мы пробуем снова и снова; если это длится часами, напишите в поддержку amoCRM",
            "We try again and again; if it lasts for hours, write to amoCRM's support",
        ),
    ),
}
PASSWORD = (
    ("АТС не принимает логин или пароль AMI", "The PBX does not accept the AMI name or password"),
    (
        "Проверьте пользователя AMI на АТС и пароль в настройках виджета",
        "Check the AMI user on the PBX and the password in the widget's settings",
    ),
)
ADDRESS = (
    ("По указанному адресу АТС подключиться нельзя", "The PBX cannot be reached at the given address"),
    ("Проверьте адрес и порт АТС в настройках виджета", "Check the PBX's address and port in the widget's settings"),
)
TLS = (
    ("АТС предъявила не тот сертификат", "The PBX showed the wrong certificate"),
    ("Обновите сертификат АТС в настройках виджета", "Renew the PBX's certificate in the widget's settings"),
)
DEAF = (
    (
        "АТС не сообщает о звонках: пользователю AMI не хватает права читать call",
        "The PBX does not tell of calls: the AMI user lacks the right to read call",
    ),
    (
        "Добавьте call в строку read = пользователя AMI на АТС и перечитайте настройки: manager reload",
        "Add call to the line read = of the AMI user on the PBX and have it read anew: manager reload",
    ),
)
OURS = (
    ("Линию к АТС сейчас никто не держит", "Nobody holds the line to the PBX now"),
    (
        "Это на стороне сервиса; если длится больше часа, напишите в поддержку",
        "This is on the service's side; if it lasts over an hour, write to the support",
    ),
)
SILENT = (
    ("АТС не отвечает", "The PBX does not answer"),
    (
        "Проверьте, что АТС включена и порт AMI открыт для сервиса",
        "Check that the PBX is on and that its AMI port is open for the service",
    ),
)
LINK = {
    "wrong_login": PASSWORD, "refused": PASSWORD, "not_allowed": ADDRESS, "no_name": ADDRESS, "unusable": ADDRESS,
    "no_tls": TLS, "bad_certificate": TLS, "not_trusted": TLS, "other_name": TLS, "not_held": OURS, "deaf": DEAF,
}  # fmt: skip
RIGHTS = (
    (
        "Пользователь, который подключил интеграцию, больше не администратор amoCRM или удалён",
        "The user who connected the integration is no longer an administrator of amoCRM, or was deleted",
    ),
    (
        "Действующему администратору: откройте настройки виджета «Телефонная станция» и подключите аккаунт заново",
        "A present administrator should open the settings of the Phone Station widget and connect the account again",
    ),
)
AFTER = {
    "rights": (
        "Звонки записываются, но новых сотрудников, отделы и этапы воронок мы не видим",
        "Calls are written, but new employees and changed stages are not seen",
    ),
    "link": (
        "Пока связи нет, звонки не видны в amoCRM; потом они допишутся, насколько их запомнила АТС",
        "Until it is back calls are not seen in amoCRM; then they are added as far as the PBX has kept them",
    ),
    "crm": (
        "Звонки записываются у нас и попадут в amoCRM, когда доступ вернётся",
        "Calls are kept on our side and get into amoCRM once the access is back",
    ),
}


def now(kind: str, trouble: str, language: str) -> str:
    """What is wrong, what it means and what to do."""
    known = {"crm": CRM, "link": LINK, "rights": {}}[kind]
    what, todo = known.get(trouble, RIGHTS if kind == "rights" else SILENT)
    at = 0 if language == "ru" else 1
    return f"{what[at]}. {AFTER[kind][at]}. {todo[at]}."


def task(kind: str, trouble: str, began: datetime, language: str) -> str:
    """The task's text; `began` is in the account's zone."""
    name, since = ("Телефонная станция", "с") if language == "ru" else ("Phone Station", "since")
    return f"{name}, {since} {began:%d.%m %H:%M}: {now(kind, trouble, language)}"


def back(kind: str, began: datetime, ended: datetime, language: str) -> str:
    span = f"{began:%d.%m %H:%M} – {ended:%d.%m %H:%M}"
    what = {
        "link": ("связь с АТС восстановлена, её не было", "the line to the PBX is back, it was away"),
        "crm": ("доступ к amoCRM восстановлен, его не было", "the access to amoCRM is back, it was away"),
        "rights": ("права администратора вернулись, их не было", "the administrator's rights are back, they were away"),
    }[kind]
    name = "Телефонная станция" if language == "ru" else "Phone Station"
    return f"{name}: {what[0 if language == 'ru' else 1]} {span}."
