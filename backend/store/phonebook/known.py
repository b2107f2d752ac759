"""A number's clients with all data for deciding a call, in one statement, because a caller is waiting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from backend.store import db


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLead:
    """An open lead; `stage` is its name."""

    id: int
    name: str
    responsible: int | None
    price: int
    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A contact or company that has `phone`; `company` names a contact's first company."""

    phone: str
    entity: str
    id: int
    name: str
    responsible: int | None
    companies: tuple[int, ...]
    company: str
    is_customer: bool
    is_chosen: bool
    leads: tuple[KnownLead, ...]


_KNOWN = """
    select had.phone, party.entity, party.id, party.name, party.responsible, party.companies, party.is_customer,
           exists (select from phonebook_choices as choice
                   where choice.account_id = had.account_id and choice.phone = had.phone
                     and choice.entity = had.entity and choice.party_id = had.party_id),
           (select company.name from phonebook_parties as company
            where company.account_id = had.account_id and company.entity = 'companies'
              and company.id = party.companies[1]),
           (select json_agg(
                json_build_array(lead.id, lead.name, lead.responsible, lead.price, coalesce(stage.name, '')))
            from phonebook_lead_parties as link
            join phonebook_leads as lead
              on lead.account_id = link.account_id and lead.id = link.lead_id and lead.is_open
            left join account_stages as stage
              on stage.account_id = lead.account_id and stage.pipeline_id = lead.pipeline_id
                 and stage.status_id = lead.status_id
            where link.account_id = had.account_id and link.entity = had.entity and link.party_id = had.party_id)
    from phonebook_phones as had
    join phonebook_parties as party
      on party.account_id = had.account_id and party.entity = had.entity and party.id = had.party_id
    where had.account_id = :account and had.phone = """
# For one number the database keeps its plan; for a list it plans again each time, which takes longer than the query.
_OF_ONE, _OF_MANY = text(_KNOWN + ":phone"), text(_KNOWN + "any(cast(:phones as text[]))")


def known(account_id: int, phones: Sequence[str]) -> Iterator[Known]:
    """All clients with one of these keys."""
    if len(phones) == 1:
        rows = db.session.execute(_OF_ONE, {"account": account_id, "phone": phones[0]})
    else:
        rows = db.session.execute(_OF_MANY, {"account": account_id, "phones": list(phones)})
    for row in rows:
        phone, entity, id, name, responsible, companies, is_customer, is_chosen, company, leads = row
        yield Known(
            phone=phone, entity=entity, id=id, name=name, responsible=responsible, companies=tuple(companies),
            company=company or "", is_customer=is_customer, is_chosen=is_chosen,
            leads=tuple(_lead(*each) for each in leads or ()),
        )  # fmt: skip


def _lead(id: int, name: str, responsible: int | None, price: int, stage: str) -> KnownLead:
    return KnownLead(id=id, name=name, responsible=responsible, price=price, stage=stage)
