"""A PBX that only talks: to each who connects it says one recorded stream, as fast as it is taken, and hangs up.

It runs in a process of its own, so that what it costs is not counted as its listener's.
"""

from __future__ import annotations

import multiprocessing
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

END = b"\r\n\r\n"
BANNER = b"Asterisk Call Manager/11.0.0\r\n"
LAST_QUESTION = "CoreShowChannels"  # what a listener asks when it is ready for the stream
ANSWERS_TO_LAST = 2  # messages before the stream begins
PATIENCE = 60.0  # seconds for a listener to ask or to take something

Message = dict[str, str]


@contextmanager
def talking(stream: bytes) -> Iterator[int]:
    """The port, on 127.0.0.1, where `stream` is told."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_talk, args=(stream, there), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.terminate()
        process.join()
        here.close()
        there.close()


def _talk(stream: bytes, told: Connection) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        told.send(server.getsockname()[1])
        while True:
            listener, _ = server.accept()
            with listener:
                listener.settimeout(PATIENCE)
                _tell(listener, stream)


def _tell(listener: socket.socket, stream: bytes) -> None:
    listener.sendall(BANNER)
    for action in _actions(listener):
        listener.sendall(b"".join(map(message, _answers(action))))
        if action["Action"] == LAST_QUESTION:
            return listener.sendall(stream)
    return None


def _actions(listener: socket.socket) -> Iterator[Message]:
    rest = b""
    while data := listener.recv(4096):
        *whole, rest = (rest + data).split(END)
        for raw in whole:
            yield dict(line.split(": ", 1) for line in raw.decode().split("\r\n"))


def _answers(action: Message) -> Iterator[Message]:
    success = {"Response": "Success", "ActionID": action["ActionID"]}
    if action["Action"] != LAST_QUESTION:
        yield {**success, **dict.fromkeys(("Ping", "Originate", "Setvar", "Filter"), "Does what it says")}
        if action["Action"] == "Setvar":
            yield {"Event": "DeviceStateChange", "Device": "Custom:phone-station", "State": action["Value"]}
        return
    yield {**success, "EventList": "start"}
    yield {"Event": f"{LAST_QUESTION}Complete", "ActionID": action["ActionID"], "EventList": "Complete"}


def message(headers: Message) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\n"
