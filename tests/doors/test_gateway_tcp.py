"""Device connections over TCP: answers after durability and in order, bounds, and what is hung up on."""

import asyncio
import socket
import ssl
import subprocess
from contextlib import suppress
from hashlib import sha256

import pytest

from road import NOON_MS, device_id, position
from road_doors import ANSWER_S, answer, hung_up, site
from waykeep.gateway.conversation import MOST_PENDING
from waykeep.gateway.tcp import Bounds
from waykeep.model.rules import Span
from waykeep.protocols.teltonika_device import TeltonikaEncoder
from waykeep.settings import Settings
from waykeep.wiring.server import device_tls

MINUTE_MS = 60_000
QUICK = Bounds(hello_s=0.3, idle_s=0.3, sweep_s=0.05)


def fixes(count, start_ms=NOON_MS - 60 * MINUTE_MS):
    return [position(start_ms + n * 1000, 35 + n / 1e4) for n in range(count)]


def stored(open_site, number=0):
    return [at for at, _ in open_site.store.positions(device_id(number))]


@pytest.mark.parametrize("size", [1, 7, 65_536])
def test_a_report_in_pieces_of_any_size_is_durable_before_it_is_answered(tmp_path, size):
    async def run():
        async with site(tmp_path) as one:
            reader, writer, encoder = await one.greeted()
            frame = encoder.report(fixes(5))
            for at in range(0, len(frame), size):
                writer.write(frame[at : at + size])
                await asyncio.sleep(0)
            assert await answer(reader, 4) == (5).to_bytes(4, "big")
            assert stored(one) == [fix.fix_ms for fix in fixes(5)], "read by another connection to the file"

    asyncio.run(run())


def test_answers_come_in_the_order_of_the_reports(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            reader, writer, encoder = await one.greeted()
            counts = [3, 1, 5, 2, 4] * 8
            start_ms = NOON_MS - 600 * MINUTE_MS
            for n, count in enumerate(counts):
                writer.write(encoder.report(fixes(count, start_ms + n * MINUTE_MS)))
            answers = await answer(reader, 4 * len(counts))
            assert [int.from_bytes(answers[at : at + 4], "big") for at in range(0, len(answers), 4)] == counts

    asyncio.run(run())


def test_a_resent_report_is_answered_and_stored_once(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            reader, writer, encoder = await one.greeted()
            frame = encoder.report(fixes(3))
            writer.write(frame + frame)
            assert await answer(reader, 8) == (3).to_bytes(4, "big") * 2
            assert (one.counters["stored"], one.counters["resent"], len(stored(one))) == (3, 3, 3)
            assert sum(len(frame.records) for frame in one.shown.frames) == 3, "watchers see it once"

    asyncio.run(run())


def test_reports_out_of_order_are_read_back_in_order(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            reader, writer, encoder = await one.greeted()
            late, early = fixes(2, NOON_MS - MINUTE_MS), fixes(2, NOON_MS - 50 * MINUTE_MS)
            for part in (late, early):
                writer.write(encoder.report(part))
                await answer(reader, 4)
            assert stored(one) == [fix.fix_ms for fix in (*early, *late)]
            (newest,) = one.store.latest.latest([device_id()])
            assert newest.fix_ms == late[-1].fix_ms, "late data corrects quietly"

    asyncio.run(run())


def test_a_report_cut_in_the_middle_leaves_nothing_and_its_resend_is_stored(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            first, writer, encoder = await one.greeted()
            frame = encoder.report(fixes(4))
            writer.write(frame[: len(frame) // 2])
            await writer.drain()
            writer.close()
            await writer.wait_closed()
            assert await hung_up(first) == b""
            reader, writer, _ = await one.greeted()
            assert stored(one) == []
            writer.write(frame)
            assert await answer(reader, 4) == (4).to_bytes(4, "big")

    asyncio.run(run())


@pytest.mark.parametrize(
    "wrong", [b"\x00\x00\x00\x01" + bytes(60), b"GET / HTTP/1.1\r\n\r\n" + bytes(70), b"\xff\xfe" * 64]
)
def test_wrong_bytes_are_hung_up_on_and_counted(tmp_path, wrong):
    async def run():
        async with site(tmp_path) as one:
            reader, writer = await one.connect()
            writer.write(wrong)
            await hung_up(reader)
            assert one.counters["hung-up.protocol"] + one.counters["refused.unknown-device"] == 1

    asyncio.run(run())


def test_a_wrong_check_sum_is_neither_stored_nor_answered(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            reader, writer, encoder = await one.greeted()
            frame = bytearray(encoder.report(fixes(2)))
            frame[30] ^= 1
            writer.write(frame)
            assert await hung_up(reader) == b""
            assert stored(one) == []

    asyncio.run(run())


def test_an_unknown_device_is_refused_hung_up_on_and_waits_without_what_it_sent(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            reader, writer = await one.connect()
            encoder = TeltonikaEncoder("999999999999999")
            writer.write(encoder.hello() + encoder.report(fixes(1)))
            assert await hung_up(reader) == b"\x00"
            assert one.directory.knocked == [("999999999999999", "teltonika", NOON_MS)]

    asyncio.run(run())


def test_a_device_that_was_forgotten_is_hung_up_on(tmp_path):
    async def run():
        async with site(tmp_path, devices=2) as one:
            gone, _, _ = await one.greeted(0)
            reader, writer, encoder = await one.greeted(1)
            one.doors.hang_up([device_id(0)])
            assert await hung_up(gone) == b""
            writer.write(encoder.report(fixes(1)))
            assert await answer(reader, 4)
            assert one.doors.connected() == {device_id(1)}

    asyncio.run(run())


def test_what_the_gate_refuses_is_answered_as_if_stored(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            hour_ms = NOON_MS - 60 * MINUTE_MS
            known = one.directory.promises[device_id()]
            one.directory.promises[device_id()] = type(known)(
                tenant=known.tenant, device=known.device, collects=known.collects, private=(Span(hour_ms, NOON_MS),)
            )
            reader, writer, encoder = await one.greeted()
            writer.write(encoder.report(fixes(3)))
            assert await answer(reader, 4) == (3).to_bytes(4, "big")
            assert one.counters["refused.private-time"] == 3
            with one.store.db.read() as connection:
                assert connection.execute("SELECT count(*) FROM tail").fetchall() == [(1,)], "a gap marker only"

    asyncio.run(run())


def test_who_says_nothing_whole_in_time_is_hung_up_on_however_slowly_it_drips(tmp_path):
    async def run():
        async with site(tmp_path, bounds=QUICK) as one:
            silent, _ = await one.connect()
            dripping, writer = await one.connect()

            async def drip():
                with suppress(ConnectionError):
                    for byte in TeltonikaEncoder("352000000000000").hello()[:-1] * 99:
                        writer.write(bytes([byte]))
                        await writer.drain()
                        await asyncio.sleep(0.05)

            task = asyncio.create_task(drip())
            assert (await hung_up(silent), await hung_up(dripping)) == (b"", b"")
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())


def test_a_known_device_that_falls_silent_is_hung_up_on(tmp_path):
    async def run():
        async with site(tmp_path, bounds=QUICK) as one:
            reader, _, _ = await one.greeted()
            assert await hung_up(reader) == b""
            assert one.doors.connected() == frozenset()

    asyncio.run(run())


def test_a_frame_that_never_ends_is_bounded(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            reader, writer, _ = await one.greeted()
            writer.write(bytes(4) + (0x7FFF_FFFF).to_bytes(4, "big") + bytes(1000))
            assert await hung_up(reader) == b""

    asyncio.run(run())


def test_a_device_that_sends_ahead_is_read_slower_and_loses_nothing(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            reader, writer, encoder = await one.greeted()
            count = MOST_PENDING * 6
            start_ms = NOON_MS - 600 * MINUTE_MS
            writer.write(b"".join(encoder.report(fixes(1, start_ms + n * 1000)) for n in range(count)))
            assert await answer(reader, 4 * count) == (1).to_bytes(4, "big") * count
            assert len(stored(one)) == count

    asyncio.run(run())


def test_ten_thousand_connections_at_once_are_all_answered(tmp_path):
    # Each connection is two handles of this process; a smaller machine takes as many as it can.
    count = min(10_000, (handles() - 500) // 2)

    def knock(port, made):
        hello = TeltonikaEncoder("352000000000000").hello()
        for _ in range(count):
            one = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_S)
            made.append(one)
            one.sendall(hello)
        return b"".join(one.recv(1) for one in made)

    async def run():
        async with site(tmp_path) as one:
            made = []
            assert await asyncio.to_thread(knock, one.port(), made) == b"\x01" * count
            reader, writer, encoder = await one.greeted()
            writer.write(encoder.report(fixes(1)))
            assert await answer(reader, 4) == (1).to_bytes(4, "big")
            for client in made:
                client.close()

    asyncio.run(run())


def handles():
    import resource  # noqa: PLC0415 (only here)

    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def test_beyond_the_bound_a_connection_is_hung_up_on_and_those_inside_go_on(tmp_path):
    async def run():
        async with site(tmp_path, bounds=Bounds(most_connections=2)) as one:
            reader, writer, encoder = await one.greeted()
            await one.connect()
            third, _ = await one.connect()
            assert await hung_up(third) == b""
            writer.write(encoder.report(fixes(1)))
            assert await answer(reader, 4)
            assert one.counters["refused.too-many-connections"] == 1

    asyncio.run(run())


def test_one_port_takes_both_families_and_closing_ends_everything(tmp_path):
    async def run():
        async with site(tmp_path, wide=True) as one:
            families = [socket.AF_INET] + ([socket.AF_INET6] if socket.has_ipv6 else [])
            for family in families:
                with suppress(OSError):  # a machine without IPv6 has the IPv4 one only
                    reader, writer = await one.connect(family)
                    writer.write(TeltonikaEncoder("352000000000000").hello())
                    assert await answer(reader, 1) == b"\x01"
            port = one.port()
            await one.doors.close()
            assert await hung_up(reader) == b""
            with pytest.raises(OSError):  # noqa: PT011 (whichever the system says)
                await asyncio.open_connection("127.0.0.1", port)

    asyncio.run(run())


def certified(folder, name):
    """A self-signed certificate and its key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


def test_a_door_with_tls_speaks_it(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    certificate, key = certified(tmp_path, "localhost")
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(certificate, key)
    theirs = ssl.create_default_context(cafile=certificate)

    async def run():
        async with site(home, tls={"teltonika": ours}) as one:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", one.port(), ssl=theirs, server_hostname="localhost"
            )
            encoder = TeltonikaEncoder("352000000000000")
            writer.write(encoder.hello())
            assert await answer(reader, 1) == b"\x01"
            writer.write(encoder.report(fixes(2)))
            assert await answer(reader, 4) == (2).to_bytes(4, "big")
            one.writers.append(writer)

    asyncio.run(run())


def test_a_device_that_demands_a_client_certificate_is_taken_with_that_one_only(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    server, mine, other = (certified(tmp_path, name) for name in ("localhost", "mine", "other"))
    settings = Settings(
        tls_certificate=str(server[0]), tls_key=str(server[1]), tls_device_ca=str(tmp_path / "devices.pem")
    )
    (tmp_path / "devices.pem").write_text(mine[0].read_text() + other[0].read_text())
    fingerprint = sha256(ssl.PEM_cert_to_DER_cert(mine[0].read_text())).hexdigest()

    async def answered(one, shown):
        theirs = ssl.create_default_context(cafile=server[0])
        if shown is not None:
            theirs.load_cert_chain(*shown)
        reader, writer = await asyncio.open_connection("127.0.0.1", one.port(), ssl=theirs, server_hostname="localhost")
        one.writers.append(writer)
        writer.write(TeltonikaEncoder("352000000000000").hello())
        return await answer(reader, 1)

    async def run():
        async with site(home, tls={"teltonika": device_tls(settings)}) as one:
            one.demand(client_certificate=fingerprint)
            assert [await answered(one, shown) for shown in (None, other, mine)] == [b"\x00", b"\x00", b"\x01"]

    asyncio.run(run())
