"""ARI of an office's PBX, by which recordings can be got: opened when a test asks for it; so others boot faster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .network import HTTP_PORT

if TYPE_CHECKING:
    from .office import Office

MODULES = (
    "res_stasis", "res_stasis_recording", "res_http_websocket", "res_websocket_client", "res_ari", "res_ari_model",
    "res_ari_asterisk", "res_ari_recordings",
)  # fmt: skip
SINCE_22 = {"res_websocket_client"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AriAddress:
    url: str
    username: str
    secret: str


def open_ari(office: Office, host: str, secret: str) -> AriAddress:
    """The recordings lie where ARI shows them from then on: the folder `monitor` is another name for `recording`."""
    shown = office.recordings.with_name("recording")
    if not shown.exists():
        office.recordings.rename(shown)
        office.recordings.symlink_to(shown)
        for module in MODULES:
            if office.version >= 22 or module not in SINCE_22:
                office.pbx_act("ModuleLoad", Module=f"{module}.so", LoadType="load")
    return AriAddress(url=f"http://{host}:{HTTP_PORT}/ari", username="station", secret=secret)
