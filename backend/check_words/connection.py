"""The way to a PBX: its address, the login, the line that is held."""

from __future__ import annotations

REACHING: dict[str, dict[str, tuple[str, str]]] = {
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
        "deaf": (
            "АТС не сообщает о звонках: пользователю AMI не хватает прав {detail}.",
            "The PBX does not tell of calls: the AMI user lacks {detail}.",
        ),
        "no_right": ("Пользователю AMI не хватает прав {detail}.", "The AMI user lacks {detail}."),
    },
    "address": {
        "works": ("Соединение установлено, без шифрования.", "Connected, without encryption."),
        "public": (
            "Соединение установлено через интернет без шифрования: разговоры пользователя AMI с АТС видны по пути."
            " Включите TLS.",
            "Connected over the internet without encryption: who is on the way reads all that AMI says. Turn TLS on.",
        ),
        "tls": ("Соединение установлено, зашифровано TLS.", "Connected, encrypted by TLS."),
        "unusable": ("Такой адрес использовать нельзя: {detail}.", "This address cannot be used: {detail}."),
        "no_name": ("Имя {detail} не найдено в DNS.", "The name {detail} was not found in DNS."),
        "not_allowed": (
            "{detail} — не публичный адрес. Чтобы подключаться к нему, владельцу сервиса нужно разрешить эту сеть"
            " (PBX_NETWORKS).",
            "{detail} is not a public address. The operator of this service has to allow its network first"
            " (PBX_NETWORKS).",
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
}
