"""Admission of callback requests: which sites may request a call, to which number, and how often. An admitted request
is a row of `store/callback/requests`; a refused one is counted and never reaches a PBX."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from backend.amocrm.errors import AmoError
from backend.calls import forms
from backend.calls.forms import SiteForm
from backend.calls.numbers import phones
from backend.calls.numbers.dialling import may_ask
from backend.desk.callback.lead_number import number_of_lead
from backend.store import accounts, db
from backend.store.accounts import AccountState
from backend.store.base.crypto import keyed_digest
from backend.store.callback import guard, requests, sites
from backend.store.callback.requests import AdmittedRequest, CallbackRow, Ticket
from backend.store.settings import settings
from backend.store.settings.callback import SiteSetting
from backend.store.settings.settings import AccountSettings

HOUR = 3600.0
SIGNATURE_LIFE = 300.0  # seconds that a signed request is good for, and that two clocks may differ
LEAD_LIFE = timedelta(hours=1)  # amoCRM repeats a hook until then (docs/amocrm-contract.md §3.19)
OF_SERVERS, OF_BROWSERS = ("number", "account"), ("number", "address", "site", "account")
KEY_LENGTH = 24  # of a request's key, as the store generates it


class NotLetIn(Exception):
    """`kind` is a kind of refusal of docs/api.md."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSite:
    account_id: int
    secret: str
    setting: SiteSetting
    account: AccountSettings

    @property
    def hook(self) -> str:
        """The end of the webhook address, for services that cannot sign. It does not reveal the secret: a reader of the
        address cannot sign."""
        return hook_of(self.secret)

    def has_signed(self, body: bytes, at: str, signature: str, now: float) -> bool:
        """`signature` is HMAC-SHA256 in hexadecimal of `at` (Unix seconds, as written), a dot and the body."""
        wanted = hmac.new(self.secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
        is_fresh = at.isdecimal() and len(at) < 12 and abs(now - int(at)) <= SIGNATURE_LIFE
        return hmac.compare_digest(wanted.encode(), signature.encode()) and is_fresh


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who brought the form: a browser is known by its address (of IPv6 its owner's network), a server by its signature
    or by the secret address of its hook; only a server may say which lead is meant."""

    address: str | None = None
    signature: str | None = None
    is_server: bool = False


def hook_of(secret: str) -> str:
    return hmac.new(secret.encode(), b"hook", hashlib.sha256).hexdigest()[:32]


def site(key: str) -> KnownSite | None:
    """The site with this key, of any account; None unless a connected account has it in its settings."""
    row = sites.find(key)
    account = accounts.find(row.account_id) if row else None
    if row is None or account is None or account.state is AccountState.DISABLED:
        return None
    chosen = settings.read(account.id)
    setting = chosen.callback.site(key)
    return KnownSite(account_id=account.id, secret=row.secret, setting=setting, account=chosen) if setting else None


def let_in(site: KnownSite, fields: forms.Fields, sender: Sender, now: datetime) -> Ticket | None:
    """Stores the request, or finds the one that it repeats, and commits. None for a test request.

    Raises NotLetIn, counted. A form filled in by a program is counted too, and gets a ticket that leads nowhere.
    """
    form = forms.read(fields)
    if form.is_test:
        return None
    try:
        return _decoy(site) if form.is_bots else _ask(site, form, sender, now)
    except NotLetIn as refused:
        db.session.rollback()
        _count(site, refused.kind)
        raise


def state_of(site: KnownSite, id: str, key: str) -> CallbackRow | None:
    """The state of a request of this site; None for a decoy, which waits forever. Raises LookupError without the right
    key."""
    row = requests.state_of(site.account_id, id, key)
    if row is not None and row.site == site.setting.key:
        return row
    if hmac.compare_digest(_decoy_key(site, id).encode(), key.encode()):
        return None
    raise LookupError(id)


def _ask(site: KnownSite, form: SiteForm, sender: Sender, now: datetime) -> Ticket:
    if form.account is not None and sender.is_server and form.account != site.account_id:
        raise NotLetIn("foreign_account")
    lead = form.lead if sender.is_server else None
    wanted = _wanted(site, form, _allowed(site, form.phone or _number_of(site, lead)), lead, sender, now)
    token = _token(site, lead if not form.phone else None, sender)
    guard.one_at_a_time(site.account_id)
    if same := _seen(site.account_id, token, sender):
        return same
    ticket = requests.ask(site.account_id, wanted)
    if ticket.is_new:
        _hold_limits(site, wanted)
    if token:
        guard.remember(site.account_id, token, ticket.id)
    db.session.commit()
    return ticket


def _number_of(site: KnownSite, lead: int | None) -> str | None:
    try:
        return number_of_lead(site.account_id, lead) if lead else None
    except AmoError as error:
        raise NotLetIn("later") from error


def _wanted(
    site: KnownSite, form: SiteForm, phone: str, lead: int | None, sender: Sender, now: datetime
) -> AdmittedRequest:
    chosen = site.account.callback
    return AdmittedRequest(
        site=site.setting.key,
        phone=phone,
        number=form.phone or phone,
        whole=chosen.whole_seconds,
        name=form.name,
        comment=form.comment,
        department=form.department,
        fields=form.parameters,
        address=None if sender.is_server else keyed_digest(f"address {site.account_id} {sender.address}"),
        lead=lead,
        start=chosen.quiet.to_hours().end(now.astimezone(ZoneInfo(site.account.zone))) if chosen.quiet else None,
        one_within=chosen.one_within_seconds,
    )


def _allowed(site: KnownSite, number: str | None) -> str:
    """The number's key. Raises NotLetIn."""
    if not number:
        raise NotLetIn("no_phone")
    account = site.account
    key = phones.key(number, account.country)
    if key is None or (not key.startswith("+") and phones.is_outside(key)):
        raise NotLetIn("not_a_phone")
    if not may_ask(key, account.callback.allowed or account.dial.allowed, account.country):
        raise NotLetIn("number_not_allowed")
    return key


def _hold_limits(site: KnownSite, wanted: AdmittedRequest) -> None:
    """The new request is written, uncommitted, and counts itself. Browsers' requests do not use up a server's limits:
    for a server only the number's and the account's are counted. Raises NotLetIn."""
    limits = site.account.callback.limits
    counts = requests.counts(site.account_id, HOUR, phone=wanted.phone, address=wanted.address, site=wanted.site)
    for name in OF_SERVERS if wanted.address is None else OF_BROWSERS:
        if getattr(counts, name) > getattr(limits, name):
            raise NotLetIn(f"often_{name}")


def _token(site: KnownSite, lead: int | None, sender: Sender) -> str | None:
    """Identifies a repeated request: by its signature, or by the lead that amoCRM names."""
    if sender.signature:
        return keyed_digest(f"signature {site.setting.key} {sender.signature}")
    return keyed_digest(f"lead {lead}") if lead else None


def _seen(account_id: int, token: str | None, sender: Sender) -> Ticket | None:
    if token is None:
        return None
    life = timedelta(seconds=3 * SIGNATURE_LIFE) if sender.signature else LEAD_LIFE
    id = guard.seen(account_id, token, life)
    row = requests.find(account_id, id) if id else None
    return Ticket(id=row.id, key=row.key, is_new=False) if row else None


def refused(site: KnownSite, kind: str) -> NotLetIn:
    """An error to raise for a refusal that is counted here."""
    _count(site, kind)
    return NotLetIn(kind)


def _count(site: KnownSite, kind: str) -> None:
    guard.refuse(site.account_id, kind)
    db.session.commit()


def _decoy(site: KnownSite) -> Ticket:
    _count(site, "bot")
    id = str(uuid.uuid4())
    return Ticket(id=id, key=_decoy_key(site, id), is_new=True)


def _decoy_key(site: KnownSite, id: str) -> str:
    digest = bytes.fromhex(keyed_digest(f"decoy {site.setting.key} {id}"))
    return base64.urlsafe_b64encode(digest).decode()[:KEY_LENGTH]
