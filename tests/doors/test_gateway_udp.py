"""Devices that report in datagrams."""

import asyncio

from road import NOON_MS, device_id, position
from road_doors import ANSWER_S, site
from waykeep.protocols.teltonika_device import TeltonikaEncoder


class Client(asyncio.DatagramProtocol):
    """Keeps what comes back."""

    def __init__(self):
        self.answers = asyncio.Queue()

    def datagram_received(self, data, addr):
        del addr
        self.answers.put_nowait(data)


async def client(one):
    transport, made = await asyncio.get_running_loop().create_datagram_endpoint(
        Client, remote_addr=("127.0.0.1", one.port())
    )
    return transport, made.answers


def test_a_datagram_is_durable_before_it_is_answered_and_a_repeat_is_stored_once(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            transport, answers = await client(one)
            frame = TeltonikaEncoder("352000000000000", transport="udp").report(
                [position(NOON_MS), position(NOON_MS + 1)]
            )
            for _ in range(2):
                transport.sendto(frame)
                assert (await asyncio.wait_for(answers.get(), ANSWER_S))[-1] == 2
            assert [at for at, _ in one.store.positions(device_id())] == [NOON_MS, NOON_MS + 1]
            assert one.counters["resent"] == 2
            transport.close()

    asyncio.run(run())


def test_wrong_bytes_and_unknown_devices_get_no_answer_and_the_next_one_does(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            transport, answers = await client(one)
            for data in (b"", b"\x00", b"hello" * 99):
                transport.sendto(data)
            transport.sendto(TeltonikaEncoder("999999999999999", transport="udp").report([position(NOON_MS)]))
            transport.sendto(TeltonikaEncoder("352000000000000", transport="udp").report([position(NOON_MS)]))
            assert (await asyncio.wait_for(answers.get(), ANSWER_S))[-1] == 1
            assert answers.empty()
            assert [name for name, _, _ in one.directory.knocked] == ["999999999999999"]
            assert one.counters["hung-up.protocol"] >= 2
            transport.close()

    asyncio.run(run())
