"""The client's number of a lead: amoCRM's webhooks name only the lead."""

from __future__ import annotations

from collections.abc import Iterable

from backend.amocrm import answers, requests
from backend.amocrm.client import ApiClient
from backend.calls.numbers import phones
from backend.crm_access import client_for
from backend.store.phonebook import cards


def number_of_lead(account_id: int, lead: int) -> str | None:
    """From the phonebook; for a lead too new for it, from amoCRM, with up to two requests.

    None for an unknown lead or one without a number. Raises the client's errors.
    """
    if known := _first(cards.numbers_of(account_id, cards.LEADS, lead)):
        return known
    client = client_for(account_id)
    try:
        return _first(_numbers(client, lead))
    finally:
        client.close()


def _numbers(client: ApiClient, lead: int) -> Iterable[str]:
    found = answers.lead(client.send(requests.lead(lead)))
    for contact in found.contact_ids[:3] if found else ():
        person = answers.contact(client.send(requests.contact(contact)))
        yield from person.phones if person else ()


def _first(numbers: Iterable[str]) -> str | None:
    return next((each for each in numbers if phones.is_outside("".join(filter(str.isdigit, each)))), None)
