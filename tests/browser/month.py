"""A month of calls, made up, for a picture of the overview."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.journeys.company import Town

DAYS, DAY, HOUR = 30, 86_400, 3600
NINE_IN_MOSCOW = 6 * HOUR  # of a day of UTC
INSERT = """
    insert into calls (account_id, call, direction, client, did, started, answered, ended, result, reason, extension,
                       talks, talk_seconds, rang, recording_token, note, missed_closed_at)
    values (%(account)s, %(call)s, %(direction)s, %(client)s, %(did)s, %(started)s, %(answered)s, %(ended)s, %(result)s,
            %(reason)s, %(extension)s, %(talks)s, %(talk)s, %(rang)s, %(call)s, 1, %(back)s)
"""


AUDITED = """
    insert into audit_days (account_id, day, seen, in_crm, mended, by_rule, gone, waiting, failed, counted_at)
    select account_id, to_timestamp(started)::date, count(*), count(*) - 1, 0, 1, 0, 0, 0, now() from calls
    where account_id = %s group by account_id, to_timestamp(started)::date
"""


def write_into(town: Town) -> None:
    with town.journal.cursor() as cursor:
        cursor.executemany(INSERT, [{"account": town.account.id, **call} for call in _calls(town, Random(7))])
        cursor.execute(AUDITED, [town.account.id])


def _calls(town: Town, chance: Random) -> Iterator[dict[str, Any]]:
    """More by day than in the evening, few at the weekend; a tenth of them missed."""
    today = time.time() // DAY * DAY
    for place in range(DAYS):
        morning = today - (DAYS - place) * DAY + NINE_IN_MOSCOW
        weekend = time.gmtime(morning).tm_wday > 4
        for number in range(chance.randint(2, 6) if weekend else chance.randint(22, 40)):
            started = morning + chance.betavariate(2, 2.4) * 11 * HOUR
            yield _call(town, chance, f"month-{place}-{number}", started)


def _call(town: Town, chance: Random, name: str, started: float) -> dict[str, Any]:
    inbound, talked = chance.random() < 0.65, chance.random() < 0.88
    extension = chance.choices(("101", "102", "103"), (5, 3, 2))[0]
    waited, talk = chance.expovariate(1 / 9) + 2, int(chance.expovariate(1 / 140)) + 8
    ended = started + waited + (talk if talked else 6)
    return {
        "call": name, "direction": "inbound" if inbound else "outbound", "client": f"+7916{chance.randrange(10**7):07}",
        "did": chance.choices((town.office.did.general, town.office.did.sales), (3, 1))[0] if inbound else None,
        "started": started, "answered": started + waited if talked else None, "ended": ended,
        "result": "answered" if talked else "missed" if inbound else "failed",
        "reason": None if talked or inbound else "busy", "extension": extension if talked or not inbound else None,
        "talks": json.dumps([{"extension": extension, "at": started, "seconds": talk}] if talked else []),
        "talk": talk if talked else 0, "rang": [extension] if inbound else [],
        "back": ended + chance.expovariate(1 / 1500) if inbound and not talked and chance.random() < 0.9 else None,
    }  # fmt: skip
