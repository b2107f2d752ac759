"""A PBX that answers what a check asks, as it is told to."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tests.pbx.fake_ami import FakeAmi, Message


class Pbx(FakeAmi):
    """Says of itself what it is made with; its clock is right."""

    def __init__(self, *, version: str = "22.1.0", endpoints: Sequence[Message] = (), clock: float = 0) -> None:
        super().__init__()
        self.version, self.endpoints, self.clock = version, endpoints, clock
        self.refuses_module = ""
        self.values: dict[str, str] = {}
        self.may: Sequence[str] = ("Ping", "Originate", "Setvar", "Filter")

    def _answers(self, name: str, action: Message) -> Sequence[Message]:
        known = {"ActionID": action["ActionID"]}
        success = {"Response": "Success", **known}
        if name in self.refuses:
            return super()._answers(name, action)
        if name == "ModuleCheck" and action["Module"] == f"{self.refuses_module}.so":
            return [{"Response": "Error", **known, "Message": "Module not loaded"}]
        if name == "Ping":
            return [{**success, "Timestamp": f"{time.time() + self.clock:.6f}"}]
        if name == "ListCommands":
            return [{**success, **dict.fromkeys(self.may, "Does what it says")}]
        if name == "CoreSettings":
            return [{**success, "AsteriskVersion": self.version}]
        if name == "Getvar":
            return [{**success, "Variable": action["Variable"], "Value": self.values.get(action["Variable"], "")}]
        if name == "PJSIPShowEndpoints":
            rows = [{"Event": "EndpointList", **known, **row} for row in self.endpoints]
            last = {"Event": "EndpointListComplete", **known, "EventList": "Complete"}
            return [{**success, "EventList": "start", "Message": "follows"}, *rows, last]
        if name in ("SIPpeers", "IAXpeerlist"):
            return [{"Response": "Error", **known, "Message": f"Invalid/unknown command: {name}."}]
        return super()._answers(name, action)
