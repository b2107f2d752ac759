"""The contract's examples, the account they happen in, and what it means to answer like them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import requests

from sandbox.crm import grants
from sandbox.crm.handle import AccountHandle
from sandbox.crm.limits import Limits
from sandbox.crm.server import CLIENT_ID, Crm
from tests.sandbox_crm.conftest import Client

EXAMPLES = {example["n"]: example for example in json.loads(Path(__file__).with_name("examples.json").read_text())}
ANNA = 9001001

# Values no two amoCRMs would give alike, by their form.
OPAQUE = {
    "<jwt>": r"<jwt2?>|eyJ[\w-]+\.[\w-]+\.[\w-]+",
    "<opaque>": r"\bdef502[0-9a-f]+",
    "<uid>": r"\b[0-9a-f]{60}\b",
    "<uuid>": r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
    "<ulid>": r"\b01[0-9a-hjkmnp-tv-z]{24}\b",
}


def veiled(text: str) -> str:
    for name, pattern in OPAQUE.items():
        text = re.sub(pattern, name, text)
    return text


def assert_like(expected: Any, actual: Any, path: str = "") -> None:
    """Objects may say more than the example; lists are as long; values are equal, opaque ones of the same form."""
    if isinstance(expected, dict):
        assert isinstance(actual, dict), f"{path}: {actual!r}"
        for key, value in expected.items():
            assert key in actual, f"{path}.{key} is missing"
            assert_like(value, actual[key], f"{path}.{key}")
    elif isinstance(expected, list):
        assert isinstance(actual, list), f"{path}: {actual!r}"
        assert len(actual) == len(expected), f"{path}: {actual!r}"
        for index, value in enumerate(expected):
            assert_like(value, actual[index], f"{path}[{index}]")
    elif isinstance(expected, str):
        assert isinstance(actual, str), f"{path}: {actual!r}"
        assert veiled(actual) == veiled(expected), path
    else:
        assert actual == expected, path
        assert type(actual) is type(expected), path


class Stage:
    """The account of the examples, and the steps that bring it to where an example begins."""

    def __init__(self, crm: Crm, acme: AccountHandle, client: Client) -> None:
        self.crm, self.acme, self.client = crm, acme, client
        crm.integrate("https://pbx.example.test/oauth/amocrm")
        contact = {
            "name": "Иван Сидоров",
            "responsible_user_id": ANNA,
            "created_by": ANNA,
            "updated_by": ANNA,
            "created_at": 1763000000,
            "updated_at": 1763500000,
            "phones": ["+7 916 123-45-67"],
        }
        lead = {
            "name": "Заявка с сайта",
            "responsible_user_id": ANNA,
            "status_id": 60000003,
            "created_by": 0,
            "updated_by": ANNA,
            "created_at": 1763000100,
            "updated_at": 1763900000,
            "_embedded": {"contacts": [{"id": 41000001}]},
        }
        self.seed(contacts=[contact], leads=[lead])

    def seed(self, **cards: Any) -> Stage:
        return self.control({"accounts": [{"subdomain": "acme", **cards}]})

    def next_ids(self, **ids: int) -> Stage:
        return self.control({"next_ids": ids})

    def control(self, seed: dict[str, Any]) -> Stage:
        with Client(self.crm, "127.0.0.1") as control:
            answer = control.post("/_sandbox/seed", seed)
        assert answer.status_code == 200, answer.text
        return self

    def at(self, moment: int) -> Stage:
        self.crm.clock.set(moment, frozen=True)
        return self

    def limit(self, limits: Limits) -> Stage:
        self.crm.limit(limits)
        return self

    def set(self, **flags: Any) -> Stage:
        self.acme.set(**flags)
        return self

    def rename(self, subdomain: str) -> Stage:
        self.acme.rename(subdomain)
        return self

    def send(self, n: int) -> requests.Response:
        example = EXAMPLES[n]
        self.client.host = example["host"]
        body = example["request_body"]
        if body == "<array of 251 leads>":
            body = [{"name": f"Сделка {i}"} for i in range(251)]
        told = {k: v for k, v in example["request_headers"].items() if k not in ("Authorization", "Content-Type")}
        return self.client.ask(example["method"], example["path"], body, **told)

    def play(self, *numbers: int) -> Stage:
        for n in numbers:
            answer = self.send(n)
            assert answer.status_code == EXAMPLES[n]["status"], answer.text
        return self

    def plant_code(self, code: str) -> Stage:
        world = self.crm.parts.world
        integration = world.integrations[CLIENT_ID]
        codes = world.grants["code"]
        codes[code] = codes.pop(grants.give_code(world, world.accounts[self.acme.id], integration, ANNA))
        return self

    def plant_refresh(self, token: str) -> Stage:
        refresh = self.crm.parts.world.grants["refresh"]
        refresh[token] = refresh.pop(self.acme.tokens()["refresh_token"])
        return self

    def plant_note_38(self) -> Stage:
        """Example 38 changes a note made before it began."""
        note = EXAMPLES[38]["request_body"][0]
        made = {"note_type": note["note_type"], "params": {**note["params"], "duration": 0}}
        assert self.client.post("/api/v4/contacts/41000001/notes", [made]).status_code == 200
        return self

    def plant_unsorted_47(self) -> Stage:
        self.next_ids(leads=22000010, contacts=41000010).play(45)
        uid = EXAMPLES[47]["path"].split("/")[5]
        records = self.crm.parts.world.accounts[self.acme.id].unsorted
        (record,) = records.values()
        records.clear()
        records[uid] = {**record, "uid": uid}
        return self

    def add_boris(self) -> Stage:
        self.acme.add_user("Борис Волков")
        return self

    def as_boris(self) -> Stage:
        self.client.token = self.acme.tokens(self.add_boris().acme.users[1])["access_token"]
        return self

    def ban(self) -> Stage:
        self.limit(Limits(per_client=0, refusals=0))
        assert self.send(20).status_code == 429
        return self

    def install(self) -> Stage:
        self.crm.integrate("http://127.0.0.1:9/oauth/amocrm")
        self.acme.install(settings={"phones": {"9001001": "101", "9001002": "102"}})
        return self

    def third_lead(self) -> Stage:
        return self.next_ids(leads=22000003, contacts=41000003)

    def first_note(self) -> Stage:
        return self.play(29).at(1764000205).play(36)
