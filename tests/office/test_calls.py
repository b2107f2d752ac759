"""The verbs do on the real PBX what they say; a verb that waits in vain fails its test."""

from __future__ import annotations

import wave

import pytest

from sandbox.pbx import Late, Office

pytestmark = pytest.mark.asterisk
IVAN, OLGA = "+79161234567", "+79037654321"


def test_a_client_talks_to_an_employee_and_the_talk_is_recorded(office: Office) -> None:
    caller = office.client(IVAN).calls(office.did.direct)
    office.phone("101").answers().talks(0.5)
    caller.hangs_up()
    office.quiet()
    files = [file for file in office.recordings.rglob("in-*.wav") if IVAN in file.name]
    with wave.open(str(max(files, key=lambda file: file.stat().st_mtime))) as recording:
        assert recording.getnframes() > 0


def test_the_phone_sees_who_calls_as_the_client_spelled_it(office: Office) -> None:
    office.client(IVAN).calls(office.did.direct, "Ivan")
    assert office.phone("101").rings().other == IVAN


def test_a_client_answers_under_any_spelling_of_his_number(office: Office) -> None:
    call = office.phone("101").dials("89161234567")
    office.client(IVAN).answers()
    call.talks()


def test_two_calls_on_one_phone_are_kept_apart(office: Office) -> None:
    first = office.client(IVAN).calls(office.did.direct)
    office.phone("101").answers().talks()
    second = office.client(OLGA).calls(office.did.direct)
    office.phone("101").rings().answers().talks()
    first.hangs_up()
    second.talks()


def test_a_transferred_client_talks_to_the_other_employee(office: Office) -> None:
    caller = office.client(IVAN).calls(office.did.direct)
    office.phone("101").answers().talks()
    office.phone("101").transfers_to("102")
    office.phone("102").answers().talks()
    office.phone("101").is_over()
    caller.talks()


def test_an_attended_transfer_leaves_the_client_with_the_other_employee(office: Office) -> None:
    caller = office.client(IVAN).calls(office.did.direct)
    office.phone("101").answers().talks()
    consultation = office.phone("101").dials("102")
    office.phone("102").answers()
    consultation.talks()
    office.phone("101").transfers_to("102", attended=True)
    consultation.is_over()
    caller.talks()
    office.phone("102").talks()


def test_another_phone_picks_up_what_rings(office: Office) -> None:
    caller = office.client(IVAN).calls(office.did.direct)
    ringing = office.phone("101").rings()
    office.phone("102").picks_up("101").talks()
    ringing.is_over()
    caller.talks()


def test_the_menu_hears_keys(office: Office) -> None:
    office.client(IVAN).calls(office.did.ivr).types("2")
    assert office.phone("101").rings().other == IVAN


@pytest.mark.parametrize("manner", ["busy", "no_such", "refused", "declined", "unreachable"])
def test_a_number_that_never_talks_ends_the_call(office: Office, manner: str) -> None:
    call = office.phone("101").dials(getattr(office.number, manner)).is_over()
    assert not call.channel.up


def test_a_busy_phone_is_free_again_when_told(office: Office) -> None:
    office.phone("101").is_busy()
    office.client(IVAN).calls(office.did.direct).is_over()
    office.phone("101").rings().is_over()
    office.phone("101").is_free()
    office.client(IVAN).calls(office.did.direct)
    assert not office.phone("101").rings().channel.gone


def test_an_employee_forwards_to_his_mobile(office: Office) -> None:
    office.phone("103").forwards_to("79037770103")
    caller = office.client(IVAN).calls(office.did.mobile)
    office.client("79037770103").answers().talks()
    caller.talks()


def test_what_did_not_happen_is_named(office: Office) -> None:
    with pytest.raises(Late, match=r"waited 0\.01 s until pigs fly; the PBX has no channel"):
        office.pbx_channels.wait(lambda: None, "pigs fly", seconds=0.01)


def test_a_verb_without_a_call_says_so(office: Office) -> None:
    with pytest.raises(AssertionError, match="102 has no call"):
        office.phone("102").hangs_up()
