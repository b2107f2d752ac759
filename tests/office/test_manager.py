"""What the product's manager user may do and sees, and what a recorder keeps of it."""

from __future__ import annotations

import ssl

import pytest

from sandbox.pbx import Office, Refused
from sandbox.pbx.ami import Ami
from sandbox.pbx.recorder import Recorder

pytestmark = pytest.mark.asterisk


def login(office: Office, tls: ssl.SSLContext | None = None) -> Ami:
    ami = office.ami
    return Ami(ami.host, ami.tls_port if tls else ami.port, ami.username, ami.secret, tls=tls)


def test_the_product_may_do_what_it_needs(office: Office) -> None:
    with login(office) as link:
        link.act("Filter", Operation="Add", Filter="^Event: (Newchannel|Hangup)[[:cntrl:]]")
        link.act("CoreShowChannels")
        link.act("DBPut", Family="station", Key="a", Val="1")
        link.act("DBGetTree", Family="station")
        link.act("DBDel", Family="station", Key="a")
        link.act("Setvar", Variable="STATION", Value="1")
        link.act("Originate", Channel="Local/s@row/n", Application="NoOp", Async="true")


@pytest.mark.parametrize("action", ["Command", "UpdateConfig", "QueueAdd", "UserEvent"])
def test_the_product_may_do_no_more(office: Office, action: str) -> None:
    with login(office) as link, pytest.raises(Refused, match="Permission denied"):
        link.act(action)


def test_a_wrong_secret_is_refused(office: Office) -> None:
    with pytest.raises(Refused, match="Authentication failed"):
        Ami(office.ami.host, office.ami.port, "station", "wrong")


def test_the_manager_speaks_tls_with_its_own_certificate(office: Office) -> None:
    trusting = ssl.create_default_context(cafile=str(office.ami.certificate))
    with login(office, trusting) as link:
        assert link.act("Ping")["Ping"] == "Pong"


def test_a_recorder_keeps_one_call_whole(office: Office) -> None:
    recorder, everything = Recorder(office), Recorder(office, "full")
    caller = office.client("+79161234567").calls(office.did.direct)
    office.phone("101").rings()
    caller.hangs_up()
    office.quiet()
    trace, full = recorder.take(), everything.take()
    recorder.close()
    everything.close()
    assert trace.count(b"Event: Newchannel") == trace.count(b"Event: Hangup\r\n") == 2
    assert b"Event: Cdr" in trace
    assert b"RecordingFile: in-" in trace
    assert b"Timestamp: " in trace
    assert b"row-" not in trace
    assert b"Event: VarSet" in full
    assert b"Event: VarSet" not in trace


def test_nothing_of_one_call_is_in_the_next(office: Office) -> None:
    recorder = Recorder(office)
    office.client("+79161234567").calls(office.did.after_hours).is_over()
    office.quiet()
    assert b"79161234567" in recorder.take()
    assert b"Uniqueid" not in recorder.take()  # what phones are like may be told later, and of no call
    recorder.close()
