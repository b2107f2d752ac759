"""An account's errands between amoCRM and the store: its client, how it stands there, its mirrors."""

from backend.crm_access.access import ASKED_AGAIN as ASKED_AGAIN
from backend.crm_access.access import LEFT_ALONE as LEFT_ALONE
from backend.crm_access.access import AccountVault as AccountVault
from backend.crm_access.access import client_for as client_for
from backend.crm_access.access import integration as integration
from backend.crm_access.access import rest as rest
from backend.crm_access.mirrors import Mirrors as Mirrors
from backend.crm_access.mirrors import keep_mirrors as keep_mirrors
from backend.crm_access.mirrors import read_mirrors as read_mirrors
from backend.crm_access.mirrors import sync_mirrors as sync_mirrors
from backend.crm_access.standing import ask_of_disabling as ask_of_disabling
from backend.crm_access.standing import disable as disable
from backend.crm_access.standing import hear_disabling as hear_disabling
from backend.crm_access.standing import probe_unconsented as probe_unconsented
from backend.crm_access.standing import probe_unpaid as probe_unpaid
from backend.crm_access.standing import renew_due_tokens as renew_due_tokens
