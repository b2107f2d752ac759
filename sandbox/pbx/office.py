"""A small office on a real Asterisk, and a second Asterisk that is its phones and the public network."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from .ami import Ami, Event
from .ari import AriAddress, open_ari
from .asterisk import Asterisk
from .certificate import self_made
from .channels import Arrival, Channel, Channels
from .errors import Refused
from .folder import own_folder
from .lines import Client, Leg, Phone, key_of
from .network import AMI_PORT, AMI_TLS_PORT, HTTP_PORT, SIP_PORT, Network
from .numbers import EXTENSIONS, OWN_NUMBER, Dids, Outside

WORLD_VERSION = 22
CALL_SECONDS = 120
GLANCE = 0.05  # seconds between looks at its clock


@dataclass(frozen=True, slots=True, kw_only=True)
class AmiAddress:
    """Where the product connects to; `certificate` is the PEM file to trust on `tls_port`."""

    host: str
    port: int
    tls_port: int
    username: str
    secret: str
    certificate: Path


class Office:
    """Boots when entered, leaves nothing when left. `home` keeps logs and recordings, else they go too. `with_clock`:
    the PBX's clock can be set wrong."""

    def __init__(self, *, version: int = 22, home: Path | None = None, with_clock: bool = False) -> None:
        self.version = version
        self._with_clock = with_clock
        self.did, self.number = Dids(), Outside()
        self.pbx_channels, self.world_channels = Channels("the PBX"), Channels("the world outside")
        self._kept_home = home
        self._secret, self._full_secret, self._phone_secret, self._ari_secret = (
            secrets.token_urlsafe(12) for _ in range(4)
        )
        self._phones: dict[str, Phone] = {}
        self._clients: dict[str, Client] = {}
        self._originated = itertools.count(1)
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        """Raises debian.Unavailable, NotRunning, or OSError when there is no free loopback address."""
        with ExitStack() as opened:
            self._open(opened)
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def _open(self, opened: ExitStack) -> None:
        own = opened.enter_context(own_folder())
        self.home = self._kept_home or own
        self._network = Network.claim()
        opened.callback(self._network.release)
        self._world = Asterisk(
            WORLD_VERSION, "world", self.home / "world", own / "world-sockets", self._values(rtp_from=21000)
        )
        opened.callback(self._world.dispose)
        self._pbx = Asterisk(
            self.version, "office", self.home / "pbx", own / "pbx-sockets", self._values(rtp_from=20000),
            with_clock=self._with_clock,
        )  # fmt: skip
        opened.callback(self._pbx.dispose)
        self._certify()
        self._world.start()
        self._world_link = self._link(self._network.phones, "world", self.world_channels)
        opened.callback(self._world_link.close)
        self.start_pbx()
        opened.callback(self._forget_pbx)

    # ---- who and what there is

    @property
    def ami(self) -> AmiAddress:
        """The product's user, with the least rights it needs."""
        return AmiAddress(
            host=self._network.pbx,
            port=AMI_PORT,
            tls_port=AMI_TLS_PORT,
            username="station",
            secret=self._secret,
            certificate=self.home / "pbx/etc/certificate.pem",
        )

    def secret_of(self, username: str) -> str:
        """`station`, or the all-powerful `full`."""
        return {"station": self._secret, "full": self._full_secret}[username]

    @property
    def recordings(self) -> Path:
        """The PBX's folder of recordings, YYYY/MM/DD below it."""
        return self.home / "pbx/spool/monitor"

    def phone(self, extension: str) -> Phone:
        return self._phones.setdefault(extension, Phone(self, extension))

    def client(self, number: str) -> Client:
        """A client by his number, spelled as he shall be seen from now on; its last ten digits say who he is."""
        client = Client(self, number)
        known = self._clients.setdefault(client.key, client)
        known.who = number
        return known

    def quiet(self) -> Self:
        """Waits until neither Asterisk has a channel left."""
        self.world_channels.wait(lambda: not self.world_channels.live, "the world outside is quiet")
        self.pbx_channels.wait(lambda: not self.pbx_channels.live, "the PBX is quiet")
        return self

    def reset(self) -> Self:
        """Ends every call and forgets who was busy or forwarded: the office as it was at the start."""
        _hang_up_all(self.world_act, self.world_channels)
        _hang_up_all(self.pbx_act, self.pbx_channels)
        self.quiet()
        for line in (*self._phones.values(), *self._clients.values()):
            line.is_free()
        for extension in EXTENSIONS:
            self.phone(extension).forwards_nowhere()
        self._phones.clear()
        self._clients.clear()
        self.world_channels.arrivals.clear()
        return self

    def installs(self, dialplan: str) -> None:
        """What an administrator pastes into extensions.conf, in place of what he pasted before."""
        (self.home / "pbx/etc/installed.conf").write_text(dialplan)
        self.pbx_act("Command", Command="dialplan reload")

    def opens_ari(self) -> AriAddress:
        """From now on recordings can be got by ARI too."""
        return open_ari(self, self._network.pbx, self._ari_secret)

    def everybody_obliges(self) -> Self:
        """From now on phones and clients answer by themselves, after five seconds, unless they were told otherwise."""
        self.world_act("Setvar", Variable="MANNER", Value="obliges")
        return self

    # ---- what can befall the PBX

    def start_pbx(self) -> None:
        self._pbx.start()
        self._pbx_link = self._link(self._network.pbx, "full", self.pbx_channels)

    def restart_pbx(self) -> None:
        """An orderly stop and a start: calls end, AstDB stays."""
        self._pbx.stop()
        self._forget_pbx()
        self.start_pbx()

    def kill_pbx(self) -> None:
        """A power cut; `start_pbx` brings it back."""
        self._pbx.kill()
        self._forget_pbx()

    def freeze(self) -> None:
        """The PBX stops answering while its sockets stay open."""
        self._pbx.freeze()

    def thaw(self) -> None:
        self._pbx.thaw()

    def sets_clock(self, ahead: float) -> None:
        """The PBX's clock is off by so many seconds from now on; its calls and links go on."""
        assert self._pbx.clock
        self._pbx.clock.set(ahead)
        while abs(float(self.pbx_act("Ping")["Timestamp"]) - time.time() - ahead) > 1:
            time.sleep(GLANCE)

    # ---- what verbs and recorders are made of

    def pbx_act(self, action: str, **headers: str | list[str]) -> Event:
        """An action of the all-powerful user on the PBX."""
        return self._pbx_link.act(action, **headers)

    def world_act(self, action: str, **headers: str | list[str]) -> Event:
        """An action on the Asterisk that is phones and public network."""
        return self._world_link.act(action, **headers)

    def originate(self, channel: str, **headers: str) -> Channel:
        """A call made by the world outside; when answered there, it hears a tone."""
        uniqueid = f"world-{next(self._originated)}"
        expected = self.world_channels.expect(uniqueid)
        self.world_act(
            "Originate", Channel=channel, ChannelId=uniqueid, Context="manner", Exten="answers", Priority="1",
            Timeout=str(CALL_SECONDS * 1000), Async="true", **headers,
        )  # fmt: skip
        self.world_channels.wait(lambda: expected.name, f"{channel} is called")
        return expected

    def next_arrival(self, key: str) -> Arrival:
        """The earliest call that reached a line and was not looked at yet."""
        arrivals = self.world_channels.arrivals
        found = self.world_channels.wait(
            lambda: next((each for each in arrivals if each.who == key), None), f"a call reaches {key}"
        )
        arrivals.remove(found)
        return found

    def address_of(self, extension: str) -> str:
        return f"sip:{extension}@{self._network.pbx}:{SIP_PORT}"

    def is_ringing(self, extension: str) -> bool:
        """Whether the PBX knows that this phone rings."""
        return any(each.ringing for each in self._channels_of(extension))

    def pbx_side_of(self, leg: Leg) -> Channel:
        """The PBX's channel of the same SIP call; the PBX may tell of it a moment after the phone knows."""
        wanted = leg.tell("CHANNEL(pjsip,call-id)")
        endpoint = leg.line.who if isinstance(leg.line, Phone) else "trunk"
        strangers: set[str] = set()
        while True:
            channel = self.pbx_channels.wait(
                lambda: next((each for each in self._channels_of(endpoint) if each.uniqueid not in strangers), None),
                f"the PBX knows {leg}",
            )
            if self._call_id_of(channel) == wanted:
                return channel
            strangers.add(channel.uniqueid)

    def _call_id_of(self, channel: Channel) -> str | None:
        try:
            return self.pbx_act("Getvar", Channel=channel.name, Variable="CHANNEL(pjsip,call-id)")["Value"]
        except Refused:
            return None  # it ended meanwhile

    def _channels_of(self, endpoint: str) -> list[Channel]:
        return [each for each in self.pbx_channels.live.values() if each.name.startswith(f"PJSIP/{endpoint}-")]

    def _forget_pbx(self) -> None:
        self._pbx_link.close()
        self.pbx_channels.forget()

    def _link(self, host: str, username: str, channels: Channels) -> Ami:
        return Ami(host, AMI_PORT, username, self._full_secret, heard=channels.hear)

    def _values(self, rtp_from: int) -> dict[str, str]:
        """What the configuration's templates ask for."""
        return {
            "pbx": self._network.pbx,
            "phones": self._network.phones,
            "public": self._network.public,
            "sip_port": str(SIP_PORT),
            "ami_port": str(AMI_PORT),
            "ami_tls_port": str(AMI_TLS_PORT),
            "rtp_first": str(rtp_from),
            "rtp_last": str(rtp_from + 999),
            "http_port": str(HTTP_PORT),
            "ari_secret": self._ari_secret,
            "station_secret": self._secret,
            "full_secret": self._full_secret,
            "phone_secret": self._phone_secret,
            "own_number": OWN_NUMBER,
            **{f"did_{name}": number for name, number in asdict(self.did).items()},
            **{name: key_of(number) for name, number in asdict(self.number).items()},
        }

    def _certify(self) -> None:
        key, certificate = self_made(self._network.pbx)
        folder = self.home / "pbx/etc"
        (folder / "certificate.pem").write_bytes(certificate)
        (folder / "ami.pem").write_bytes(key + certificate)


def _hang_up_all(act: Callable[..., Event], channels: Channels) -> None:
    if channels.live:
        with suppress(Refused):  # the last call ended by itself meanwhile
            act("Hangup", Channel="/.*/")
