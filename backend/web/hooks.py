"""amoCRM's webhooks: a delivery is stored and answered within amoCRM's two seconds; the work is done afterwards."""

from __future__ import annotations

import structlog
from flask import Blueprint, request

from backend.amocrm.hooks import BadDelivery, Delivery, delivery
from backend.desk.phonebook import change_inbox
from backend.desk.phonebook.webhook import PATH
from backend.store import accounts, db
from backend.store.accounts import AccountState
from backend.store.phonebook import webhooks
from backend.store.phonebook.change_inbox import ReportedChange

MOST_CHANGES = 5000  # of one delivery

blueprint = Blueprint("hooks", __name__)
log = structlog.get_logger(__name__)


@blueprint.post(f"{PATH}<key>")
def told(key: str) -> tuple[str, int]:
    """Something changed. What is refused is told again and after a hundred times not any more (docs/amocrm-contract.md
    §3.19)."""
    account_id = webhooks.find(key)
    if account_id is None:
        return "unknown", 404
    try:
        sent = delivery(request.get_data(as_text=True))
    except BadDelivery as error:
        log.warning("webhook not understood", account=account_id, why=str(error))
        return "not understood", 400
    if sent.account_id not in (None, account_id) or len(sent.changes) > MOST_CHANGES:
        log.warning("webhook refused", account=account_id, said=sent.account_id, changes=len(sent.changes))
        return "refused", 400
    _write_down(account_id, sent)
    return "ok", 200


def _write_down(account_id: int, sent: Delivery) -> None:
    account = accounts.find(account_id)
    if account is None or account.state is AccountState.DISABLED:
        return
    webhooks.heard(account_id)
    if sent.changes:
        change_inbox.report(
            account_id, [ReportedChange(entity=each.entity, id=each.id, is_new=each.is_new) for each in sent.changes]
        )
    db.session.commit()
