"""A small office on a real Asterisk, driven by verbs a test can read."""

from __future__ import annotations

from .errors import Late, NotRunning, Refused
from .lines import Client, Leg, Phone
from .office import AmiAddress, Office

__all__ = ["AmiAddress", "Client", "Late", "Leg", "NotRunning", "Office", "Phone", "Refused"]
