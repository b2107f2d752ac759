"""Events: all of them, in the order of the stream, whatever the bytes look like and whatever the consumer does."""

from __future__ import annotations

import logging

import pytest

from backend.pbx.link.link import LinkState

from .fake_ami import Changing, FakeAmi, ami, linked, running, story


class Tap(Changing):
    """Tells when the link has read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    def __call__(self, data: bytes) -> None:
        self.reads += 1
        self.changed()


@story
async def test_events_around_the_snapshot_keep_their_order() -> None:
    async with FakeAmi() as pbx:
        pbx.channels = [{"Channel": "PJSIP/101-00000001"}]
        pbx.adds["Login"] = ami([{"Event": "Newchannel"}])
        pbx.adds["CoreShowChannels"] = ami([{"Event": "Hangup"}, {"Event": "Newstate"}])
        async with running(pbx.address()) as (_, ear):
            await ear.hears("Newstate")
            assert ear.heard == [
                ("event", {"Event": "Newchannel"}),
                ("snapshot", ["PJSIP/101-00000001"]),
                ("event", {"Event": "Hangup"}),
                ("event", {"Event": "Newstate"}),
            ]


@story
async def test_a_pbx_that_has_finished_booting_is_looked_at_again() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (_, ear):
        pbx.channels = [{"Channel": "PJSIP/102-00000002"}]
        pbx.says({"Event": "FullyBooted", "Status": "Fully Booted"})
        await ear.until(lambda: len(ear.snapshots) == 2)
        assert ear.snapshots[1] == ["PJSIP/102-00000002"]


@story
async def test_a_consumer_that_breaks_is_logged_and_the_link_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    async with FakeAmi() as pbx, linked(pbx) as (_, ear):
        ear.breaks_on = {"Newchannel"}
        with caplog.at_level(logging.ERROR):
            pbx.says(ami([{"Event": "Newchannel"}, {"Event": "Hangup"}]))
            await ear.hears("Hangup")
        assert "a bug in the consumer" in caplog.text
        assert pbx.connections == 1


@story
async def test_utf_8_cut_between_reads_arrives_whole() -> None:
    tap = Tap()
    async with FakeAmi() as pbx, running(pbx.address(), tap=tap) as (_, ear):
        await ear.enters(LinkState.UP)
        for byte in ami([{"Event": "NewCallerid", "CallerIDName": "Иван Петров"}]):
            reads = tap.reads
            pbx.says(bytes([byte]))
            await tap.until(lambda reads=reads: tap.reads > reads)
        assert (await ear.hears("NewCallerid"))["CallerIDName"] == "Иван Петров"


@story
async def test_half_an_event_before_a_loss_is_not_an_event() -> None:
    tap = Tap()
    async with FakeAmi() as pbx, running(pbx.address(), tap=tap) as (_, ear):
        await ear.enters(LinkState.UP)
        reads = tap.reads
        pbx.says(b"Event: Hangup\r\nChannel: PJSIP/101-0")
        await tap.until(lambda: tap.reads > reads)
        pbx.hang_up()
        await ear.enters(LinkState.UP, times=2)
        pbx.says({"Event": "Newchannel"})
        await ear.hears("Newchannel")
        assert ear.events == ["Newchannel"]


@story
async def test_a_shutdown_is_told_and_the_link_comes_back() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (_, ear):
        pbx.says({"Event": "Shutdown", "Restart": "True"})
        await ear.hears("Shutdown")
        pbx.hang_up()
        await ear.enters(LinkState.UP, times=2)
        assert pbx.connections == 2


@story
async def test_a_ten_megabyte_header_does_not_end_the_link() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (_, ear):
        pbx.says(b"Event: Hangup\r\nChannel: " + b"A" * 10_000_000 + b"\r\n\r\n")
        pbx.says({"Event": "Newchannel"})
        await ear.hears("Newchannel")
        assert ear.events == ["Newchannel"]
        assert pbx.connections == 1


@story
async def test_garbage_is_passed_over() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (_, ear):
        pbx.says(b"\x00\xff\xfe\r\n\r\n: \r\n\r\nEvent\r\n\r\n\r\n\r\nResponse: Success\r\nActionID: none\r\n\r\n")
        pbx.says({"Event": "Newchannel"})
        await ear.hears("Newchannel")
        assert ear.events == ["Newchannel"]
