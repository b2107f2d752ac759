"""The office's day, scene by scene."""

from __future__ import annotations

from sandbox.demo.scene import SOON, Company, Scene, check, holds, phone

STRANGER, STRANGER_KEY = "+79267778899", "926 777-88-99"
MISSED, MISSED_KEY = "+79031234567", "903 123-45-67"
LATE = "+79851112233"
VISITOR, VISITOR_KEY = "+79162223344", "916 222-33-44"
IVAN, MARIA = "+79161234567", "+79035551020"
IVANS_LEAD = "Заявка с сайта"


def stranger_answered(company: Company) -> None:
    office, known = company.office, len(company.calls())
    caller = office.client(STRANGER).calls(office.did.general)
    phone(f"{STRANGER} calls the general queue; 101, 102 and 103 ring")
    talk = office.phone("102").answers().talks(1.2)
    phone("102 (Борис) answers")
    (lead,) = company.wait(lambda: company.leads_of(STRANGER_KEY), "a new lead while they talk")
    check(lead["responsible_user_id"] == company.user(1)["id"], f"new lead for Борис   {company.link(lead)}")
    check(len([c for c in company.account.contacts if STRANGER_KEY in c["name"]]) == 1, "and a new contact")
    holds(company.popup_line(1))
    caller.hangs_up()
    talk.is_over()
    note = company.finished(company.next_note(known))
    holds(company.note_line(note))
    check(company.plays(note), f"its recording plays   {note['params']['link']}")


def client_with_a_lead(company: Company) -> None:
    office, known, leads = company.office, len(company.calls()), len(company.account.leads)
    office.client(IVAN).calls(office.did.direct)
    phone(f"Иван Сидоров ({IVAN}), with an open lead, calls 101 directly")
    talk = office.phone("101").answers().talks(1.0)
    phone("101 (Анна) answers, talks, hangs up")
    note = company.next_note(known)
    holds(company.popup_line(0))
    talk.hangs_up()
    check(len(company.account.leads) == leads, "no new lead: the open one is used")
    holds(company.note_line(company.finished(note)))


def stranger_missed(company: Company) -> None:
    office = company.office
    caller = office.client(MISSED).calls(office.did.sales)
    office.phone("102").rings()
    caller.hangs_up()
    phone(f"{MISSED} calls the sales queue, waits, gives up")
    (record,) = company.wait(lambda: company.account.unsorted, "a record in Неразобранное")
    check(record["category"] == "sip", f"one record in Неразобранное   {company.account.url}/unsorted")
    holds(company.popup_line(0))


def client_missed(company: Company) -> None:
    office, known = company.office, len(company.calls())
    caller = office.client(MARIA).calls(office.did.ivr).talks_to_nobody(0.5)
    caller.hangs_up()
    phone(f"Мария Орлова ({MARIA}), with an open lead, hears the menu and gives up")
    holds(company.note_line(company.next_note(known)))
    check(len(company.account.unsorted) == 1, "no record in Неразобранное: it is noted on her lead")
    for place in range(3):
        holds(company.popup_line(place))


def called_back(company: Company) -> None:
    office, known = company.office, len(company.calls())
    office.phone("103").dials("8" + MISSED[2:])
    office.client(MISSED).answers().talks(1.0)
    phone(f"103 (Вера) calls {MISSED} back; he answers")
    company.wait(lambda: not company.account.unsorted, "the record is accepted")
    (lead,) = company.leads_of(MISSED_KEY)
    check(
        lead["responsible_user_id"] == company.user(2)["id"], f"his record is accepted for Вера   {company.link(lead)}"
    )
    office.phone("103").hangs_up()
    holds(company.note_line(company.finished(company.next_note(known))))


def outbound_busy(company: Company) -> None:
    office, known = company.office, len(company.calls())
    office.client(IVAN).is_busy()
    office.phone("101").dials("8" + IVAN[2:]).is_over()
    office.client(IVAN).is_free()
    phone(f"101 (Анна) calls Иван ({IVAN}): busy")
    holds(company.note_line(company.next_note(known)))


def transfer(company: Company) -> None:
    office, known = company.office, len(company.calls())
    caller = office.client(MARIA).calls(office.did.direct)
    office.phone("101").answers().talks(1.2)
    office.phone("101").transfers_to("102")
    office.phone("102").answers()
    caller.talks(1.2)
    phone("Мария calls 101 (Анна), who transfers her to 102 (Борис)")
    holds(company.popup_line(1))
    caller.hangs_up()
    note = company.finished(company.next_note(known))
    check("→" in note["params"].get("call_result", ""), "the note names the chain")
    holds(company.note_line(note))


def after_hours(company: Company) -> None:
    office = company.office
    caller = office.client(LATE).calls(office.did.after_hours).talks_to_nobody(0.5)
    caller.hangs_up()
    phone(f"{LATE} calls after hours, hears the announcement, hangs up")
    company.wait(lambda: company.account.unsorted, "a record in Неразобранное")
    holds(f"one record in Неразобранное, for the morning   {company.account.url}/unsorted")


def asked_on_a_site(company: Company) -> None:
    office, known, form = company.office, len(company.calls()), {"name": "Ольга", "comment": "Дверь в дом"}
    company.site.asks(phone=VISITOR, utm_source="yandex", **form)
    phone(f"a visitor of {company.site.url} asks to be called: {VISITOR}, Ольга, «Дверь в дом»; 101, 102 and 103 ring")
    talk = office.phone("102").answers()
    phone("102 (Борис) answers, Ольга is dialled")
    (lead,) = company.wait(lambda: company.leads_of(VISITOR_KEY), "a new lead while she is dialled")
    check(lead["responsible_user_id"] == company.user(1)["id"], f"new lead for Борис   {company.link(lead)}")
    office.client(VISITOR).answers()
    talk.talks(1.0)
    phone("she answers, they talk")
    office.client(VISITOR).hangs_up()
    company.wait(
        lambda: [each for each in company.calls("common") if "yandex" in str(each)], "what she filled in, as a note"
    )
    holds("what she filled in is a note on it")
    holds(company.note_line(company.finished(company.next_note(known))))


def clicked(company: Company) -> None:
    office, known, anna = company.office, len(company.calls()), company.user(0)
    (lead,) = [lead for lead in company.account.leads if lead["name"] == IVANS_LEAD]
    with company.station.listen(company.account, anna["id"]) as screen:
        phone(f"Анна clicks {IVAN} in his card   {company.link(lead)}")
        call = company.station.click(company.account, anna["id"], IVAN)
        check(screen.hears(call, "calling", SOON), "her screen, live: Звоним на ваш телефон; 101 rings")
        office.phone("101").answers()
        check(screen.hears(call, "dialling", SOON), "she answers; her screen: Звоним клиенту")
        office.client(IVAN).answers().talks(1.0)
        check(screen.hears(call, "talking", SOON), "Иван answers; her screen: Разговор")
        office.phone("101").hangs_up()
        check(screen.hears(call, "ended", SOON), "she hangs up; her screen: Разговор окончен")
    holds(company.note_line(company.finished(company.next_note(known))))


def routed(company: Company) -> None:
    office, known = company.office, len(company.calls())
    (lead,) = [lead for lead in company.account.leads if lead["name"] == IVANS_LEAD]
    caller = office.client(IVAN).calls(office.did.routed)
    shown = office.phone("102").rings().tell("CALLERID(name)")
    phone(f"Иван ({IVAN}) calls the main number; 102 (Борис) rings first, and shows «{shown}»")
    check(shown == "Иван Сидоров" and lead["responsible_user_id"] == company.user(1)["id"], "his lead is Борис's")
    office.phone("102").answers().talks(1.0)
    caller.hangs_up()
    holds(company.note_line(company.finished(company.next_note(known))))


def unheard(company: Company) -> None:
    office, known, station = company.office, len(company.calls()), company.station
    links = station.links(company.account)
    station.stop()
    phone("the Phone Station is stopped")
    office.client(IVAN).calls(office.did.routed)
    shown = office.phone("102").rings().tell("CALLERID(name)")
    phone(f"Иван calls; by the PBX's own copy of the phonebook 102 (Борис) rings, and shows «{shown}»")
    check(shown == "Иван Сидоров", "the PBX knows him by itself")
    office.phone("102").answers().talks(1.0).hangs_up()
    office.quiet()
    station.start()
    station.until(lambda: station.links(company.account) > links, "the line to the PBX is up")
    phone("it is started again, and reads what the PBX has kept")
    holds(company.note_line(company.finished(company.next_note(known))))
    check(len(company.calls()) == known + 1, "once")


DAY = (
    Scene("A stranger calls and is answered", stranger_answered),
    Scene("A client with an open lead calls", client_with_a_lead),
    Scene("A stranger is missed", stranger_missed),
    Scene("A client with an open lead is missed", client_missed),
    Scene("The missed stranger is called back", called_back),
    Scene("A call out finds the line busy", outbound_busy),
    Scene("A client is transferred", transfer),
    Scene("A stranger calls after hours", after_hours),
    Scene("A click on a phone number in a card", clicked),
    Scene("A visitor of a site asks to be called", asked_on_a_site),
    Scene("A client calls the main number: his manager's phone rings, with his name", routed),
    Scene("A call while nobody hears the PBX", unheard),
)
