"""An office whose dialplan has FreePBX's shape: its contexts, hooks and AstDB, and none of its code."""

from __future__ import annotations

import re
from pathlib import Path

from .numbers import EXTENSIONS, NOT_REGISTERED, OWN_NUMBER
from .office import Office

CONFIG = Path(__file__).parent / "config/freepbx"
TO_QUEUE, TO_EXTENSION, UNROUTED = "74951000101", "74951000102", "74951000199"
"""Numbers with an inbound route, to queue 400 and to extension 102 with its voicemail; and one with none."""
OUTSIDE = "6"
"""What a phone dials before an outside number."""

FAMILIES = ("own", "AMPUSER", "DEVICE", "CF", "CW", "DND", "blacklist", "phone-station")
"""Of AstDB: what tests, FreePBX and the product write there."""

_MACRO = re.compile(r"Macro\(([a-z-]+),(.*)\)$", re.MULTILINE)


class FreePbx:
    """Generation 16 calls its routines by Macro, 17 by Gosub; put into an office that boots as plain Asterisk."""

    def __init__(self, office: Office, generation: int) -> None:
        self.office, self.generation = office, generation
        self._etc = office.home / "pbx/etc"
        self._destinations = {TO_QUEUE: "ext-queues,400,1", TO_EXTENSION: "from-did-direct,102,1"}

    def installs(self) -> None:
        """Everything, with an extensions_custom.conf in which nobody has written yet."""
        self._macros("load")
        for extension in (*EXTENSIONS, NOT_REGISTERED):
            self.writes(f"AMPUSER/{extension}", "device", extension)
            self.writes(f"DEVICE/{extension}", "dial", f"PJSIP/{extension}")
            self.writes(f"DEVICE/{extension}", "user", extension)
        self._write("extensions_override_freepbx.conf", "")
        self.customises("")

    def goes(self) -> None:
        """The office is plain Asterisk again."""
        self.office.installs("")
        self._macros("unload")
        for family in FAMILIES:
            self.office.pbx_act("Command", Command=f"database deltree {family}")

    def applies_config(self) -> None:
        """The button "Apply Config": what FreePBX generates is written anew, and what it does not is left alone."""
        self._write("extensions_additional.conf", self._of("extensions_additional.conf"))
        self.office.installs(self._of("extensions.conf"))

    def customises(self, text: str) -> None:
        """What an administrator writes into extensions_custom.conf, and reloads."""
        self._write("extensions_custom.conf", text)
        self.applies_config()

    @property
    def custom(self) -> str:
        """What stands in extensions_custom.conf."""
        return (self._etc / "extensions_custom.conf").read_text()

    def leads(self, did: str, destination: str) -> None:
        """The inbound route of a number gets another destination."""
        self._destinations[did] = destination
        self.applies_config()

    def writes(self, family: str, key: str, value: str) -> None:
        """An entry of AstDB."""
        self.office.pbx_act("DBPut", Family=family, Key=key, Val=value)

    def reads(self, family: str, key: str) -> str:
        """An entry of AstDB, empty where there is none."""
        told = self.office.pbx_act("Command", Command=f"database get {family} {key}").get("Output", "")
        return told.removeprefix("Value: ") if told.startswith("Value: ") else ""

    def _macros(self, how: str) -> None:
        if self.generation < 17:
            self.office.pbx_act("ModuleLoad", Module="app_macro.so", LoadType=how)

    def _of(self, name: str) -> str:
        values = {"own_number": OWN_NUMBER, "to_queue": TO_QUEUE, "to_extension": TO_EXTENSION}
        values |= {f"of_{name}": self._destinations[values[name]] for name in ("to_queue", "to_extension")}
        text = re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], (CONFIG / name).read_text())
        if self.generation < 17:
            return text
        return _MACRO.sub(r"Gosub(macro-\1,s,1(\2))", text).replace("MacroExit()", "Return()")

    def _write(self, name: str, text: str) -> None:
        (self._etc / name).write_text(text)
