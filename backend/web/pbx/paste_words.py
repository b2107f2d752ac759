"""What to do on a PBX with the lines made for it, in the user's language: `pbx.dialplan.flavours` names the steps."""

from __future__ import annotations

from backend.pbx.dialplan.flavours import Step

WORDS: dict[str, tuple[str, str]] = {
    "file": (
        "Сохраните как /etc/asterisk/extensions_phone_station.conf.",
        "Save as /etc/asterisk/extensions_phone_station.conf.",
    ),
    "include": (
        "Добавьте в конец файла /etc/asterisk/extensions.conf.",
        "Add to the end of /etc/asterisk/extensions.conf.",
    ),
    "route": (
        "Добавьте туда, куда приходят звонки из города: после Answer, если он есть, перед меню, очередью или Dial.",
        "Add where outside calls come in: after Answer, if there is one, before the menu, the queue or Dial.",
    ),
    "seen": (
        "Добавьте туда, откуда сотрудники звонят наружу: перед Dial во внешнюю линию.",
        "Add where employees call out: before Dial to the trunk.",
    ),
    "reload": ("Примените изменения на сервере АТС:", "Apply the changes on the PBX's server:"),
    "transfer": (
        "Чтобы спросить коллегу перед переводом: в features.conf, в разделе [featuremap], задайте код atxfer, а в Dial"
        " добавьте ключи t и T.",
        "To ask a colleague before a transfer: set a code for atxfer in [featuremap] of features.conf, and add t and T"
        " to Dial.",
    ),
    "take_lines": (
        "Уберите эти строки из /etc/asterisk/extensions.conf.",
        "Take these lines out of /etc/asterisk/extensions.conf.",
    ),
    "take_file": (
        "Удалите наш файл и примените изменения на сервере АТС:",
        "Delete our file and apply the changes on the PBX's server:",
    ),
    "take_user": (
        "Уберите пользователя сервиса из /etc/asterisk/manager.conf.",
        "Take the service's user out of /etc/asterisk/manager.conf.",
    ),
    "freepbx_custom": (
        "Admin → Config Edit: добавьте в конец файла extensions_custom.conf. Если в нём уже есть"
        " [macro-dialout-trunk-predial-hook], сделайте, как сказано в самих строках.",
        "Admin → Config Edit: add to the end of extensions_custom.conf. If it has a"
        " [macro-dialout-trunk-predial-hook] already, do as the lines themselves say.",
    ),
    "freepbx_reload": (
        "Нажмите Apply Config (этих файлов он не меняет) или выполните на сервере АТС:",
        "Press Apply Config (it leaves these files alone), or run on the PBX's server:",
    ),
    "freepbx_take_lines": (
        "Admin → Config Edit → extensions_custom.conf: удалите всё от «; BEGIN phone-station» до «; END phone-station»"
        " и строки с phone-station в своих контекстах.",
        "Admin → Config Edit → extensions_custom.conf: delete all from “; BEGIN phone-station” to “; END phone-station”"
        ", and lines with phone-station in contexts of your own.",
    ),
    "freepbx_take_user": (
        "Settings → Asterisk Manager Users (или manager_custom.conf): удалите пользователя сервиса.",
        "Settings → Asterisk Manager Users (or manager_custom.conf): delete the service's user.",
    ),
}


def shown(step: Step, language: str) -> dict[str, str]:
    """A **Step** of docs/api.md."""
    russian, english = WORDS[step.kind]
    return {"message": russian if language == "ru" else english, "text": step.text}
