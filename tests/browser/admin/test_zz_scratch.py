# ruff: noqa
import json, os, pathlib
from tests.browser.admin.desk import *
from backend.store import settings as store_settings, db, accounts
from backend.store.settings import AccountSettings, PbxSetting
from backend.store.accounts import AccountPbx, AccountUser

CHECK = {"ok": True, "version": "Asterisk 20.9.3", "lines": [
 {"what": "address", "state": "ok", "message": "Соединение установлено, зашифровано TLS."},
 {"what": "login", "state": "ok", "message": "Вход выполнен."},
 {"what": "version", "state": "ok", "message": "Asterisk 20.9.3."},
 {"what": "rights", "state": "warn", "message": "Добавьте в write= пользователя AMI: system. Без system не видны телефоны и идущие звонки после обрыва связи, а лишние события идут по сети."},
 {"what": "clock", "state": "ok", "message": "Часы АТС идут верно."},
 {"what": "extensions", "state": "warn", "message": "Внутренних номеров на АТС: 5. Ни за кем не закреплены: 103, 104, ivanov."},
 {"what": "trunks", "state": "ok", "message": "Внешних линий: 1 (mango)."},
 {"what": "dialplan", "state": "fail", "message": "Диалплан не установлен: без него нет звонка из карточки. Вставьте строки, показанные ниже."}],
 "endpoints": [{"name": "101", "side": "extension", "extension": "101", "state": "free"}, {"name": "103", "side": "extension", "extension": "103", "state": "unreachable"},
  {"name": "104", "side": "extension", "extension": "104", "state": "free"}, {"name": "ivanov", "side": "extension", "extension": "ivanov", "state": "talking"}, {"name": "mango", "side": "trunk", "extension": None, "state": "free"}]}

def test_it(opens, connected, crm, app):
    acme, beta = connected
    anna, boris = acme.users
    stages = accounts.stages(acme.id)
    first = next(s for s in stages if not s.is_unsorted)
    if not os.environ.get("EMPTY"):
        store_settings.write(acme.id, AccountSettings.model_validate({"employees": [{"user_id": anna["id"], "extensions": ["101", "102"], "mobiles": ["+7 916 123-45-67"]}, ],
          "missed_to": [anna["id"]], "open_lead_missed_to": [boris["id"]], "stages_by_did": {"+7 495 100-00-01": {"pipeline_id": first.pipeline_id, "status_id": first.status_id}},
          "no_lead_numbers": ["+7 495 222-33-44", "8 800 100-10-10"], "no_lead_companies": [123456]}))
        store_settings.write_pbx(acme.id, PbxSetting(host="pbx.akme.ru", port=5039, username="station", secret="x", tls=True))
        db.session.commit()
    for lang in os.environ.get("LANGS", "ru").split(","):
        desk = opens(acme, acme.users[int(os.environ.get("USER_INDEX", "0"))], lang, viewport={"width": int(os.environ.get("WIDTH", "1400")), "height": 900})
        desk.page.on("console", lambda m: print("CONSOLE", m.type, m.text))
        exec(pathlib.Path("/tmp/g/scene.py").read_text(), {**globals(), **locals()})
        print(desk.screen.violations)
