"""Steps with unsorted records: made for a missed call, used by what the client does next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from backend.amocrm import answers, models, requests
from backend.amocrm.errors import Rejected, Unexplained
from backend.amocrm.requests import Entity, Request
from backend.calls.intents import AddForm, AddUnsorted, CreateLead, UseUnsorted
from backend.calls.numbers import phones
from backend.calls.rules import client
from backend.desk.crm_steps import place, substitutes
from backend.desk.journal.job import Job
from backend.desk.phonebook import lookup, polling
from backend.store import accounts
from backend.store.phonebook import phonebook

A_FEW = 8  # tries of what is refused without a reason, over some minutes; then the call gets a lead instead
SAME_CALL = 5  # seconds


def add_unsorted(job: Job) -> None:
    """One unsorted record, unless the client has an open lead or a waiting record by now."""
    wanted: AddUnsorted = job.intent
    if job.row.unclear and _found_own_record(job, wanted):
        return
    if remaining := place.still_wanted(job, wanted):
        _make_record(job, remaining)


def _make_record(job: Job, wanted: AddUnsorted) -> None:
    contact: Any = wanted.contact or models.contact(name=wanted.contact_name, phone=wanted.phone)
    request = _form(job, wanted, contact) if isinstance(wanted, AddForm) else _call(job, wanted, contact)
    try:
        record = job.write(request, answers.unsorted_records)
    except Unexplained:
        if job.row.attempts < A_FEW and accounts.unsorted_stages(job.desk.account_id):
            raise
        if not _found_own_record(job, wanted):
            _as_lead(job, wanted)
    except Rejected as refusal:
        if not _found_own_record(job, wanted):
            _without_unsorted(job, wanted, refusal)
    else:
        _keep_record(job, wanted, record)


def _call(job: Job, wanted: AddUnsorted, contact: Any) -> Request:
    model = models.unsorted_call(
        **_common(job, wanted, contact),
        phone=wanted.phone or "",
        called_at=round(wanted.called_at),
        link=job.desk.recording_link(job.call.recording_token),
        called=wanted.employee,
        lead={"name": wanted.name},
    )
    return requests.add_unsorted_calls([model])


def _form(job: Job, wanted: AddForm, contact: Any) -> Request:
    model = models.unsorted_form(
        **_common(job, wanted, contact),
        form={"form_id": job.call.call, "form_name": wanted.did or models.SOURCE, "form_page": wanted.page or "—"},
        sent_at=round(wanted.called_at),
        lead=models.lead(name=wanted.name, fields=models.custom_fields(wanted.fields)),
    )
    return requests.add_unsorted_forms([model])


def _common(job: Job, wanted: AddUnsorted, contact: Any) -> dict[str, Any]:
    return {
        "source_uid": _source_uid(job), "source_name": f"{models.SOURCE}: {wanted.did or '—'}", "contact": contact,
        "company": wanted.company, "pipeline": wanted.pipeline_id,
    }  # fmt: skip


def _without_unsorted(job: Job, wanted: AddUnsorted, refusal: Rejected) -> None:
    """Unsorted may be switched off (docs/amocrm-contract.md §3.10): then a lead in the first stage. Raises the refusal
    otherwise."""
    if wanted.pipeline_id and refusal.concerns("pipeline_id"):
        polling.reread_users(job.desk.account_id)
        job.turn_into(replace(wanted, pipeline_id=None))
        return
    fields = substitutes.without_fields(job, wanted.fields, refusal) if isinstance(wanted, AddForm) else None
    if isinstance(wanted, AddForm) and fields is not None:
        job.turn_into(replace(wanted, fields=fields))
        return
    if wanted.contact and answers.contact(job.desk.send(requests.contact(wanted.contact))) is None:
        phonebook.forget(job.desk.account_id, Entity.CONTACTS.value, wanted.contact)
        job.turn_into(replace(wanted, contact=None))
        return
    _as_lead(job, wanted)


def _as_lead(job: Job, wanted: AddUnsorted) -> None:
    job.turn_into(
        CreateLead(
            phone=wanted.phone, name=wanted.name, contact=wanted.contact, company=wanted.company,
            contact_name=wanted.contact_name, responsible=job.desk.rules.default_employee,
            pipeline_id=wanted.pipeline_id, status_id=None,
        )
    )  # fmt: skip


def _found_own_record(job: Job, wanted: AddUnsorted) -> bool:
    category = "forms" if isinstance(wanted, AddForm) else "sip"
    for record in answers.unsorted_records(job.desk.send(requests.unsorted_records(category))):
        if _is_ours(job, wanted, record):
            _keep_record(job, wanted, record)
            return True
    job.row.unclear = False
    return False


def _is_ours(job: Job, wanted: AddUnsorted, record: answers.UnsortedRecord) -> bool:
    """By our own word in it; where a list does not show that, by what only this call can have put there."""
    if record.source_uid:
        return record.source_uid == _source_uid(job)
    if isinstance(wanted, AddForm):
        return record.form_id == job.call.call
    is_call = record.service == models.SERVICE and abs(record.called_at - wanted.called_at) <= SAME_CALL
    return is_call and phones.key(record.phone, job.desk.rules.country) == wanted.phone


def _keep_record(job: Job, wanted: AddUnsorted, record: answers.UnsortedRecord) -> None:
    lead, contact = next(iter(record.lead_ids), None), wanted.contact or next(iter(record.contact_ids), None)
    job.call.lead, job.call.contact, job.call.part_of_record = lead, contact, True
    job.call.made_contact = bool(contact) and wanted.contact is None
    if wanted.phone and lead:
        phonebook.put_waiting(job.desk.account_id, wanted.phone, record.uid, lead, contact, job.call.call)
    if contact and not (wanted.contact or wanted.company):
        place.name_popups(job, client.CardKind.CONTACTS, contact, wanted.contact_name)
    job.done(record=record.uid, lead=lead, contact=contact)
    if lead and wanted.contact and wanted.contact not in record.contact_ids:  # that it may be named by id is our guess
        place.link_card(job, Entity.LEADS, lead, Entity.CONTACTS, wanted.contact)
    if contact and wanted.company and not wanted.contact:
        place.link_card(job, Entity.CONTACTS, contact, Entity.COMPANIES, wanted.company)


def _source_uid(job: Job) -> str:
    return f"call-{job.call.call}"


def use_unsorted(job: Job) -> None:
    """The record's lead becomes the call's place; accepting twice is harmless: the second time it is gone."""
    wanted: UseUnsorted = job.intent
    account_id = job.desk.account_id
    if _take_record(job, wanted.uid, accept_for=_accepting(job, wanted)):
        if not wanted.is_ours:
            place.at(job, lead=wanted.lead, contact=wanted.contact)
            place.show_as_they_are(job, wanted.lead, wanted.contact)
            return
        _show_record(job, wanted)
        job.call.made_contact = bool(wanted.contact) and wanted.otherwise.contact is None
        place.at(job, lead=wanted.lead, contact=wanted.contact)
        return
    phonebook.drop_waiting(account_id, wanted.uid)
    lead = answers.lead(job.desk.send(requests.lead(wanted.lead)))
    if lead and lead.is_open(accounts.unsorted_stages(account_id)):
        phonebook.put_leads(account_id, [lookup.mirrored(account_id, lead)])
        place.link_popups(job, lead.id, lead.name, lead.price)
        place.at(job, lead=lead.id, contact=next(iter(lead.contact_ids), None))
        return
    job.turn_into(wanted.otherwise)


def _show_record(job: Job, wanted: UseUnsorted) -> None:
    """Lead and contact of a record that we made are called as we would call them now."""
    made = wanted.otherwise
    place.link_popups(job, wanted.lead, made.name)
    if wanted.contact and not (made.contact or made.company):
        place.name_popups(job, client.CardKind.CONTACTS, wanted.contact, made.contact_name)


def _accepting(job: Job, wanted: UseUnsorted) -> list[int]:
    """Who may accept the record: the employee who talks, else whoever stands for him; nobody when it shall wait on."""
    if not wanted.accept:
        return []
    account = accounts.find(job.desk.account_id)
    standing_in = (job.desk.rules.default_employee, account.installed_by if account else None)
    return [each for each in dict.fromkeys((wanted.employee, *standing_in)) if each]


def _take_record(job: Job, uid: str, accept_for: list[int]) -> bool:
    """Accepts the record, or sees that it still waits. False when it is gone."""
    if not accept_for:
        return answers.unsorted_record(job.desk.send(requests.unsorted_record(uid))) is not None
    employee, *others = accept_for
    try:
        job.desk.send(requests.accept_unsorted(uid, user_id=employee))
    except Rejected as refusal:
        if refusal.concerns_employee and others:  # he has left the company
            polling.reread_users(job.desk.account_id)
            return _take_record(job, uid, others)
        if refusal.status != 404:
            raise
        if answers.unsorted_record(job.desk.send(requests.unsorted_record(uid))):
            raise Unexplained(f"the record waits, and cannot be accepted: {refusal}", status=404) from refusal
        return False
    phonebook.drop_waiting(job.desk.account_id, uid)
    if job.intent.is_ours:
        _open_accepted(job, employee)
    return True


def _open_accepted(job: Job, employee: int) -> None:
    wanted: UseUnsorted = job.intent
    made = wanted.otherwise
    parties = ((Entity.CONTACTS.value, wanted.contact),) if wanted.contact else ()
    lead = phonebook.MirroredLead(
        id=wanted.lead, name=made.name, price=0, responsible=employee, pipeline_id=made.pipeline_id or 0,
        status_id=0, is_open=True, parties=parties,
    )  # fmt: skip
    phonebook.put_leads(job.desk.account_id, [lead])
    if wanted.contact and made.contact is None and made.phone:
        place.mirror_contact(job, wanted.contact, made.contact_name, made.phone, employee)
