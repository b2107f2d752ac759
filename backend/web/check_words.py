"""What a check of the PBX found, in the user's language: `pbx.findings` names the sentences, here are their words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# what → sentence → Russian, English. What is not found under its subject is looked for under "any".
WORDS: dict[str, dict[str, tuple[str, str]]] = {
    "any": {
        "no_right": (
            "Узнать нельзя: пользователю AMI не хватает прав.",
            "It cannot be learned: the AMI user lacks the right to ask.",
        ),
        "silent": ("АТС не ответила вовремя.", "The PBX did not answer in time."),
        "lost": ("АТС закрыла соединение, не ответив.", "The PBX closed the connection without an answer."),
        "refused": ("АТС отказала: {detail}.", "The PBX refused: {detail}."),
    },
    "line": {
        "nobody": (
            "Процесс сервиса, который говорит с АТС, сейчас не запущен.",
            "The service's process that speaks to PBXs is not running now.",
        ),
        "lost": ("АТС закрыла соединение.", "The PBX closed the connection."),
        "silent": ("АТС перестала отвечать.", "The PBX has stopped answering."),
        "refused": ("АТС не отвечает как должно.", "The PBX does not answer as it should."),
    },
    "address": {
        "works": ("Соединение установлено, без шифрования.", "Connected, without encryption."),
        "tls": ("Соединение установлено, зашифровано TLS.", "Connected, encrypted by TLS."),
        "unusable": ("Такой адрес использовать нельзя: {detail}.", "This address cannot be used: {detail}."),
        "no_name": ("Имя {detail} не найдено в DNS.", "The name {detail} was not found in DNS."),
        "not_allowed": (
            "{detail} — не публичный адрес. Чтобы подключаться к нему, владельцу сервиса нужно разрешить эту сеть.",
            "{detail} is not a public address. The operator of this service has to allow its network first.",
        ),
        "no_connection": (
            "По этому адресу никто не отвечает на этом порту: проверьте порт (обычно 5038, с TLS 5039), что AMI включён"
            " (enabled = yes, bindaddr) и что межсетевой экран пропускает этот сервис.",
            "Nobody listens at this address and port: check the port (usually 5038, with TLS 5039), that AMI is on"
            " (enabled = yes, bindaddr) and that the firewall lets this service in.",
        ),
        "silent": (
            "Соединиться за отведённое время не удалось: вероятно, межсетевой экран не пропускает этот сервис, или"
            " fail2ban заблокировал его адрес.",
            "No connection in time: probably the firewall does not let this service in, or fail2ban has banned it.",
        ),
        "no_tls": (
            "На этом порту нет TLS: выключите TLS или укажите порт, на котором он есть (обычно 5039).",
            "There is no TLS on this port: turn TLS off, or give the port that has it (usually 5039).",
        ),
        "not_trusted": (
            "Сертификату АТС нельзя доверять ({detail}). Если он самодельный, вставьте его в поле «Сертификат».",
            "The PBX's certificate cannot be trusted ({detail}). If it is self-signed, paste it as its certificate.",
        ),
        "other_name": (
            "Сертификат выдан не этому имени, а: {detail}. Укажите это имя или вставьте сам сертификат.",
            "The certificate is for another name: {detail}. Use that name, or paste the certificate itself.",
        ),
        "bad_certificate": ("Вставленный сертификат не читается.", "The pasted certificate cannot be read."),
        "nobody": (
            "Проверить сейчас некому: процесс сервиса, который говорит с АТС, не запущен.",
            "Nobody can check now: the service's process that speaks to PBXs is not running.",
        ),
        "unclear": ("Проверка не закончилась вовремя. Повторите.", "The check did not end in time. Try again."),
    },
    "login": {
        "works": ("Вход выполнен.", "Logged in."),
        "wrong_login": (
            "АТС не впустила: неверны имя или пароль, или адрес этого сервиса не в permit этого пользователя.",
            "The PBX did not let us in: a wrong name or secret, or this service's address is not in the user's permit.",
        ),
        "not_now": ("АТС сейчас не впускает: {detail}.", "The PBX does not let us in now: {detail}."),
        "silent": (
            "Соединение есть, но на вход АТС не отвечает: она перегружена, или на этом порту не AMI.",
            "Connected, but the login is not answered: the PBX is overloaded, or this port is not AMI.",
        ),
        "lost": (
            "АТС закрыла соединение до входа: возможно, на этом порту нужен TLS, или адрес сервиса заблокирован.",
            "The PBX closed the connection before the login: perhaps this port wants TLS, or our address is banned.",
        ),
        "not_ami": (
            "На этом порту отвечает не AMI, а другая программа: проверьте порт (обычно 5038).",
            "Something else than AMI answers at this port: check the port (usually 5038).",
        ),
    },
    "version": {
        "known": ("Asterisk {version}.", "Asterisk {version}."),
        "no_tree": (
            "До 16.28, 18.14 и 19.6 нельзя прочитать из AstDB списком: звонки, прошедшие без связи с сервисом,"
            " восстановить с АТС не получится.",
            "Before 16.28, 18.14 and 19.6 the AstDB cannot be listed: calls made while this service is away cannot be"
            " read back from the PBX.",
        ),
        "too_old": (
            "Asterisk {version}: работа проверена начиная с {oldest}, раньше — без гарантий.",
            "Asterisk {version}: tested from {oldest} on, earlier ones without a promise.",
        ),
        "unknown": ("Версию Asterisk узнать не удалось.", "The version of Asterisk could not be learned."),
    },
    "rights": {
        "enough": ("Прав на команды достаточно.", "The rights to act are sufficient."),
        "missing": ("Добавьте в write= пользователя AMI: {classes}.", "Add to write= of the AMI user: {classes}."),
        "without_originate": (
            "Без originate нет звонка из карточки и обратных звонков.",
            "Without originate no call from a card and no callbacks.",
        ),
        "without_call": (
            "Без call нельзя положить трубку и перевести звонок.",
            "Without call no hang-up and no transfer.",
        ),
        "without_system": (
            "Без system не видны телефоны и идущие звонки после обрыва связи, а лишние события идут по сети.",
            "Without system the phones, and calls that are up after a lost connection, are not seen, and needless"
            " events cross the network.",
        ),
        "read": (
            "Права на чтение АТС не показывает; в read= должны быть: {classes}.",
            "The PBX does not show the rights to read; read= should have: {classes}.",
        ),
    },
    "filter": {
        "works": ("АТС шлёт только нужные события.", "The PBX sends only the events that are needed."),
        "no_right": (
            "Без права system лишние события не отсеять: всё работает, но по сети идёт больше.",
            "Without the right system needless events are not sifted: all works, but more crosses the network.",
        ),
        "unfiltered": (
            "События не отсеиваются на АТС: всё работает, но по сети идёт больше.",
            "Events are not sifted on the PBX: all works, but more crosses the network.",
        ),
    },
    "clock": {
        "right": ("Часы АТС идут верно.", "The PBX's clock is right."),
        "ahead": (
            "Часы АТС спешат на {seconds} с: включите NTP.",
            "The PBX's clock is {seconds} s ahead: turn NTP on.",
        ),
        "behind": (
            "Часы АТС отстают на {seconds} с: включите NTP.",
            "The PBX's clock is {seconds} s behind: turn NTP on.",
        ),
        "unknown": ("Время АТС узнать не удалось.", "The PBX's time could not be learned."),
    },
    "extensions": {
        "found": ("Внутренних номеров на АТС: {count}.", "Extensions on the PBX: {count}."),
        "absent": (
            "У сотрудников указаны номера, которых на АТС нет: {names}.",
            "Employees have extensions that the PBX does not: {names}.",
        ),
        "cut": (
            "Просмотрены только первые {count} телефонов.",
            "Only the first {count} telephones were looked at.",
        ),
        "free": ("Ни за кем не закреплены: {names}.", "Nobody's: {names}."),
        "none": (
            "Из телефонов АТС ({count}) ни один не похож на внутренний номер: задайте шаблон «Внутренние номера».",
            "None of the PBX's telephones ({count}) looks like an extension: set the pattern of extensions.",
        ),
        "unseen": ("Список телефонов АТС не отдала.", "The PBX did not give the list of its telephones."),
    },
    "trunks": {
        "found": ("Внешних линий: {count} ({names}).", "Trunks: {count} ({names})."),
        "none": (
            "Ни один телефон АТС не похож на внешнюю линию: без неё не отличить внешний звонок от внутреннего. Задайте"
            " шаблон «Внешние линии».",
            "None of the PBX's telephones looks like a trunk: without one outside calls cannot be told from inside"
            " ones. Set the pattern of trunks.",
        ),
        "neither": (
            "Не подходят ни под один шаблон, их звонки не учитываются: {names}.",
            "Match no pattern, so their calls are not counted: {names}.",
        ),
        "unseen": ("Список телефонов АТС не отдала.", "The PBX did not give the list of its telephones."),
    },
    "dialplan": {
        "current": ("Диалплан установлен.", "The dialplan is installed."),
        "old": (
            "Установлен прежний диалплан: вставьте строки заново.",
            "An older dialplan is installed: paste its lines anew.",
        ),
        "absent": (
            "Диалплан не установлен: звонок из карточки покажет сотруднику его собственный номер, а перевод с вопросом"
            " коллеге может не сработать. Вставьте строки, показанные ниже.",
            "The dialplan is not installed: a call from a card shows the employee his own number, and an attended"
            " transfer may not work. Paste the lines shown below.",
        ),
    },
    "transfer": {
        "works": (
            "Перевод с вопросом коллеге работает (код {code}).",
            "Attended transfer works (feature code {code}).",
        ),
        "no_code": (
            "Перевод с вопросом коллеге не заработает, пока в features.conf не задан код atxfer.",
            "Attended transfer will not work until features.conf has a code for atxfer.",
        ),
    },
}


def words(what: str, says: list[Mapping[str, Any]], language: str) -> str:
    """The sentences of one finding. What the PBX itself said stands in them as plain text."""
    return " ".join(_sentence(what, each["kind"], each["values"], language) for each in says)


def line_words(told: Mapping[str, Any], language: str) -> dict[str, Any]:
    """`told` with its trouble of the line to the PBX as `link_reason` in words; empty where there is none."""
    kind, detail = told["link_trouble"], told["link_detail"]
    what = next((each for each in ("line", "login", "address") if kind in WORDS[each]), "line")
    reason = words(what, [{"kind": kind, "values": {"detail": detail or "?"}}], language) if kind else ""
    return {**{name: told[name] for name in told if name not in ("link_trouble", "link_detail")}, "link_reason": reason}


def _sentence(what: str, kind: str, values: Mapping[str, Any], language: str) -> str:
    russian, english = WORDS[what].get(kind) or WORDS["any"].get(kind) or WORDS["any"]["refused"]
    shown = {"detail": "?", **{name: _shown(value, values, language) for name, value in values.items()}}
    return (russian if language == "ru" else english).format(**shown)


def _shown(value: Any, values: Mapping[str, Any], language: str) -> str:
    if not isinstance(value, list | tuple):
        return str(value)
    more = values.get("count", len(value)) - len(value)
    rest = f" и ещё {more}" if language == "ru" else f" and {more} more"
    return ", ".join(map(str, value)) + (rest if more > 0 else "")
