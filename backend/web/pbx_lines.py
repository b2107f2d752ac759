"""What an administrator pastes on the PBX, made for his account, and the steps in words."""

from __future__ import annotations

from typing import Any

from flask import request

from backend.pbx.dialplan import made_for
from backend.pbx.errors import BadCommand
from backend.store import settings
from backend.store.settings_errors import FieldError
from backend.web import api
from backend.web.api import Refused
from backend.web.words import language

blueprint = api.blueprint("pbx_lines")

STEPS: dict[str, tuple[str, ...]] = {
    "ru": (
        "FreePBX: вставьте первый блок в /etc/asterisk/manager_custom.conf, второй в "
        "/etc/asterisk/extensions_custom.conf. Эти файлы не меняются при Apply Config.",
        "Asterisk без FreePBX: вставьте первый блок в /etc/asterisk/manager.conf, второй сохраните как "
        "/etc/asterisk/extensions_phone_station.conf и добавьте в extensions.conf строку "
        "#include extensions_phone_station.conf",
        "В строке permit укажите адрес, с которого приходит сервис.",
        "Если в строке secret новый пароль, впишите его же в настройки АТС здесь.",
        'Выполните asterisk -rx "manager reload" и asterisk -rx "dialplan reload", затем нажмите «Проверить».',
        "Для перевода с вопросом: код atxfer в разделе [featuremap] файла features.conf и ключи t и T у Dial "
        "(во FreePBX так по умолчанию).",
    ),
    "en": (
        "FreePBX: paste the first block into /etc/asterisk/manager_custom.conf, the second into "
        "/etc/asterisk/extensions_custom.conf. Apply Config leaves these files alone.",
        "Asterisk without FreePBX: paste the first block into /etc/asterisk/manager.conf, save the second as "
        "/etc/asterisk/extensions_phone_station.conf and add the line "
        "#include extensions_phone_station.conf to extensions.conf",
        "In the permit line put the address from which the service comes.",
        "If there is a new password in the secret line, put the same one into the PBX's settings here.",
        'Run asterisk -rx "manager reload" and asterisk -rx "dialplan reload", then press Check.',
        "For transfers with a question: a code for atxfer in [featuremap] of features.conf, and t and T of Dial "
        "(FreePBX has both by default).",
    ),
}


@blueprint.get("/api/pbx/lines")
def read_lines() -> dict[str, Any]:
    """For administrators. `address`, if given, is the service's own or its network, for the permit line."""
    caller = api.visitor()
    account = api.account_of(caller)
    api.admit(caller)
    stored = settings.pbx_as_shown(account.id)
    try:
        made = made_for(stored["username"] if stored else None, address=request.args.get("address"))
    except BadCommand as wrong:
        raise Refused("invalid", 422, [FieldError(field=str(wrong), kind="string_pattern_mismatch")]) from wrong
    return {
        "manager": made.manager,
        "dialplan": made.dialplan,
        "version": made.version,
        "steps": list(STEPS[language()]),
    }
