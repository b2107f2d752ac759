"""What a trial of an account's source of recordings found, in the user's language."""

from __future__ import annotations

from backend.check_words.connection import REACHING

_ALIKE = {
    kind: REACHING["address"][kind]
    for kind in ("no_name", "not_allowed", "other_name", "bad_certificate", "nobody", "unclear")
}
# what → kind → Russian, English. What is not found under its subject is looked for under "any".
WORDS: dict[str, dict[str, tuple[str, str]]] = {
    "any": {
        "silent": ("Сервер не ответил вовремя.", "The server did not answer in time."),
        "lost": ("Сервер оборвал соединение или отвечает не так.", "The server broke off, or speaks something else."),
        "status": ("Сервер ответил ошибкой {detail}.", "The server answered with the error {detail}."),
        "redirected": (
            "Сервер отсылает на другой адрес; так мы не ходим. Укажите сам этот адрес.",
            "The server sends us to another address, which is not followed: give that address itself.",
        ),
        "wrong_login": (
            "Сервер не впустил: неверны имя или пароль (ключ), или этому пользователю сюда нельзя.",
            "The server refuses: a wrong name, password or key, or this user may not come here.",
        ),
        "refused": ("Сервер отказал: {detail}.", "The server refused: {detail}."),
    },
    "address": {
        **_ALIKE,
        "works": ("Соединение установлено.", "Connected."),
        "no_connection": (
            "По этому адресу никто не отвечает: проверьте порт и межсетевой экран ({detail}).",
            "Nobody answers at this address: check the port and the firewall ({detail}).",
        ),
        "no_tls": (
            "На этом порту нет TLS: укажите адрес с http:// или порт, на котором он есть.",
            "There is no TLS on this port: give the address with http://, or the port that has it.",
        ),
        "not_trusted": (
            "Сертификату сервера нельзя доверять ({detail}). Если он самодельный, вставьте его в поле «Сертификат».",
            "The server's certificate cannot be trusted ({detail}). If it is self-made, paste it as its certificate.",
        ),
        "no_host_key": (
            "Ключ сервера: {detail}. Сравните его с ключом на АТС и сохраните; пароль ещё не отправлялся.",
            "The server's key is {detail}. Compare it with the PBX's own and save it; no password was sent yet.",
        ),
        "other_host_key": (
            "Ключ сервера другой: {detail}. Если сервер не меняли, не сохраняйте его; пароль не отправлен.",
            "The server shows another key: {detail}. If it was not changed, do not save it; no password was sent.",
        ),
        "no_ari": (
            "По этому адресу нет ARI: проверьте, что он включён в ari.conf и http.conf и что адрес кончается на /ari.",
            "There is no ARI at this address: check that ari.conf and http.conf turn it on, and that it ends in /ari.",
        ),
    },
    "login": {
        "works": ("Вход выполнен.", "Logged in."),
        "bad_key": (
            "Закрытый ключ не читается; нужен ключ в PEM или OpenSSH, без пароля на нём.",
            "The private key cannot be read; it must be in PEM or OpenSSH's form, without a passphrase.",
        ),
    },
    "file": {
        "works": ("Последняя запись найдена: {detail}.", "The newest recording is there: {detail}."),
        "unnamed": (
            "АТС ещё не назвала ни одной записи: позвоните и проверьте снова.",
            "The PBX has not named any recording yet: make a call and try again.",
        ),
        "absent": (
            "Последней записи {detail} там нет: проверьте адрес и шаблон пути.",
            "The newest recording {detail} is not there: check the address and the path.",
        ),
        "page": (
            "Вместо файла сервер отдаёт страницу: проверьте адрес, имя и пароль.",
            "The server answers with a page instead of a file: check the address, the name and the password.",
        ),
        "bad_name": (
            "АТС называет файл так, что спросить его нельзя: {detail}.",
            "The PBX names a file that cannot be asked for: {detail}.",
        ),
        "forbidden": ("Этому пользователю нельзя читать файл.", "This user may not read the file."),
        "no_folder": ("Папки {detail} там нет.", "There is no folder {detail}."),
        "pushed": (
            "АТС присылает записи, последняя — {detail}.",
            "The PBX sends recordings, the last one is {detail}.",
        ),
        "not_pushed": (
            "АТС ещё не прислала ни одной записи: вставьте строки на АТС и позвоните.",
            "The PBX has not sent any recording yet: paste the lines there and make a call.",
        ),
    },
}


def words(what: str, kind: str, detail: str, language: str) -> str:
    """One line's. What the other side said stands in it as plain text."""
    russian, english = WORDS[what].get(kind) or WORDS["any"].get(kind) or WORDS["any"]["refused"]
    return (russian if language == "ru" else english).format(detail=detail or "?")
