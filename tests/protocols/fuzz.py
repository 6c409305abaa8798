"""Hostile input for every decoder: `python tests/protocols/fuzz.py --count N --for 1h --protocol P --seed S`.

Seeds are valid frames of our own encoders. A seeded mutator flips, cuts, splices and lies about lengths, mends the
check sum most of the time so that the change gets past it, and cuts the stream at random places. What must hold for
each input: nothing but ProtocolError, no more memory kept than LONGEST_BUFFER, and no input slower than 50 times the
median of its length class, judged by the fastest of ten repeats.
"""

import argparse
import gc
import json
import random
import statistics
import sys
import time
from array import array
from collections import defaultdict
from typing import Any
from urllib.parse import parse_qsl

import protocol_seeds

from waykeep.errors import ProtocolError
from waykeep.protocols.base import LONGEST_BUFFER, Decoder, Protocol, Request

SLOWEST = 50  # times the median of the length class
REPEATS = 10
SHORTEST_NS = 2_000  # a median below this is the clock's own grain
LEARN = 200  # inputs of a class before suspects are told
SETTINGS = {"model": "FMB130"}
EXTREMES = (0, 1, 0x7F, 0x80, 0xFE, 0xFF)
KEPT_SIZE = 2047  # mutated inputs stay this short, so that every length class has whole frames among its inputs

Case = tuple[str, bool, tuple[bytes, ...]]  # transport, identified, pieces


class Mutator:
    """Makes hostile cases of one protocol; the same seed makes the same cases."""

    def __init__(self, protocol: Protocol, seed: int) -> None:
        self._random = random.Random(f"{protocol.name} {seed}")
        self._mend = protocol_seeds.MEND.get(protocol.name)
        self._frames = {
            transport: protocol_seeds.datagrams(protocol) if transport == "udp" else protocol_seeds.frames(protocol)
            for transport in protocol.transports
        }
        self._transports = list(protocol.transports)
        self._gentle = [self._flip, self._extreme]
        self._rough = [self._flip, self._extreme, self._lie, self._cut, self._repeat, self._insert]

    def case(self) -> Case:
        """One case."""
        draw = self._random.random
        transport = self._transports[int(draw() * len(self._transports))]
        frames = self._frames[transport]
        frame = bytearray(frames[int(draw() * len(frames))])
        roughly = draw() < 0.4  # the rest keeps its structure mostly, so that the median is an input that is read
        if roughly and draw() < 0.1:
            self._splice(frame, frames)
        changes = self._rough if roughly else self._gentle
        for _ in range(1 + int(draw() * 3)):
            changes[int(draw() * len(changes))](frame)
        data = bytes(frame[:KEPT_SIZE])
        if self._mend and draw() < 0.9:
            data = self._mend(data)
        if draw() < 0.1 and transport == "tcp":
            data = (frames[int(draw() * len(frames))] + data)[:KEPT_SIZE]
        return transport, draw() < 0.95, self._pieces(data) if transport == "tcp" and draw() < 0.3 else (data,)

    def _at(self, frame: bytearray) -> int:
        return int(self._random.random() * len(frame))

    def _flip(self, frame: bytearray) -> None:
        if frame:
            frame[self._at(frame)] ^= 1 << int(self._random.random() * 8)

    def _extreme(self, frame: bytearray) -> None:
        if frame:
            frame[self._at(frame)] = EXTREMES[int(self._random.random() * len(EXTREMES))]

    def _lie(self, frame: bytearray) -> None:
        """Write a wrong length or count, of 1, 2 or 4 bytes, near the beginning more often than not."""
        size = 1 << int(self._random.random() * 3)
        at = int(self._random.random() ** 2 * len(frame))
        number = int(self._random.random() ** 3 * (1 << 8 * size))
        frame[at : at + size] = number.to_bytes(size, "big")

    def _cut(self, frame: bytearray) -> None:
        at = self._at(frame)
        del frame[at : at + 1 + int(self._random.random() ** 2 * 40)]

    def _repeat(self, frame: bytearray) -> None:
        at = self._at(frame)
        frame[at:at] = frame[at : at + 1 + int(self._random.random() ** 2 * 60)]

    def _insert(self, frame: bytearray) -> None:
        at = self._at(frame)
        frame[at:at] = self._random.randbytes(1 + int(self._random.random() ** 2 * 20))

    def _splice(self, frame: bytearray, frames: list[bytes]) -> None:
        other = frames[int(self._random.random() * len(frames))]
        frame[self._at(frame) :] = other[int(self._random.random() * len(other)) :]

    def _pieces(self, data: bytes) -> tuple[bytes, ...]:
        ends = [*sorted(int(self._random.random() * len(data)) for _ in range(3)), len(data)]
        return tuple(data[a:b] for a, b in zip([0, *ends], ends, strict=False))


def decoder_of(protocol: Protocol, case: Case) -> Decoder:
    """Begin the conversation of a case."""
    decoder = protocol.decoder(case[0])
    if case[1]:
        decoder.identify(protocol_seeds.UNIQUE_ID, SETTINGS)
    return decoder


def ready(case: Case) -> tuple[bytes | Request, ...]:
    """Give what the decoder gets; a door has read the request before."""
    return tuple(request(piece) for piece in case[2]) if case[0] == "http" else case[2]


def run(decoder: Decoder, parts: tuple[bytes | Request, ...]) -> bool:
    """Run a case; whether it was let through. Anything but ProtocolError is the caller's to report."""
    try:
        for part in parts:
            if isinstance(part, Request):
                decoder.ask(part)
            else:
                decoder.feed(part)
    except ProtocolError:
        return False
    return True


def request(data: bytes) -> Request:
    """Read bytes as a request the way a door would: anything that is no request has an empty one."""
    head, _, body = data.partition(b"\r\n\r\n")
    line, *rest = head.decode("latin-1").split("\r\n")
    target = [*line.split(" "), ""][1]
    path, _, query = target.partition("?")
    headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
    return Request(method="GET", path=path, query=tuple(parse_qsl(query)), headers=headers, body=body)


def kept_bytes(thing: Any, depth: int = 4) -> int:
    """How many bytes of input a conversation keeps, wherever it keeps them."""
    if isinstance(thing, bytes | bytearray | str):
        return len(thing)
    if depth == 0 or thing is None or isinstance(thing, int | float):
        return 0
    if isinstance(thing, dict):
        return sum(kept_bytes(one, depth - 1) for one in thing.values())
    if isinstance(thing, list | tuple | set | frozenset):
        return sum(kept_bytes(one, depth - 1) for one in thing)
    names = [*getattr(thing, "__dict__", ()), *getattr(type(thing), "__slots__", ())]
    return sum(kept_bytes(getattr(thing, name, None), depth - 1) for name in names)


class Report:
    """What was found about one protocol."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.inputs = 0
        self.accepted = 0
        self.faults: list[str] = []
        self.slowest = 0.0
        self._times: dict[int, array[int]] = defaultdict(lambda: array("q"))
        self._medians: dict[int, float] = {}
        self._suspects: list[tuple[int, int, str]] = []

    def take(self, case: Case) -> None:
        """Run one case and note what came of it."""
        decoder, parts = decoder_of(self.protocol, case), ready(case)
        began = time.perf_counter_ns()
        try:
            accepted = run(decoder, parts)
        except Exception as error:  # noqa: BLE001 - anything but ProtocolError is what is looked for
            self._fault(f"{type(error).__name__}: {error}", case)
            return
        took = time.perf_counter_ns() - began
        self.inputs += 1
        self.accepted += accepted
        size = sum(map(len, case[2])).bit_length()
        times = self._times[size]
        times.append(took)
        if len(times) % LEARN == 0 and len(times) <= 20 * LEARN:
            self._medians[size] = max(SHORTEST_NS, statistics.median(times))
        if took > SLOWEST * self._medians.get(size, took):
            self._suspect(size, case)
        if self.inputs % 16 == 0 and (kept := kept_bytes(decoder)) > LONGEST_BUFFER:
            self._fault(f"keeps {kept} bytes", case)

    def _suspect(self, size: int, case: Case) -> None:
        fastest = min(self._again(case) for _ in range(REPEATS))
        self._suspects.append((size, fastest, _told(case)))

    def _again(self, case: Case) -> int:
        decoder, parts = decoder_of(self.protocol, case), ready(case)
        began = time.perf_counter_ns()
        run(decoder, parts)
        return time.perf_counter_ns() - began

    def _fault(self, what: str, case: Case) -> None:
        if len(self.faults) < 20:
            self.faults.append(f"{self.protocol.name}: {what} for {_told(case)}")

    def close(self) -> None:
        """Judge the suspects by the medians of all inputs."""
        medians = {size: max(SHORTEST_NS, statistics.median(self._times[size])) for size, *_ in self._suspects}
        for size, fastest, told in self._suspects:
            times = fastest / medians[size]
            self.slowest = max(self.slowest, times)
            if times > SLOWEST:
                self.faults.append(f"{self.protocol.name}: {times:.0f} times the median for {told}")


def _told(case: Case) -> str:
    return f"{case[0]} identified={case[1]} {' | '.join(piece.hex() for piece in case[2])}"


def fuzz(protocol: Protocol, count: int, until: float, seed: int) -> Report:
    """Run `count` cases (0 = any number) or until that moment of the monotonic clock."""
    report, mutator = Report(protocol), Mutator(protocol, seed)
    gc.collect()
    gc.freeze()  # what stands already is not walked again for each input's garbage
    for number in range(count or sys.maxsize):
        if number % 256 == 0 and time.monotonic() > until:
            break
        report.take(mutator.case())
    gc.unfreeze()
    report.close()
    return report


def seconds(text: str) -> float:
    """Read a duration: 90, 90s, 15m or 1h."""
    units = {"s": 1, "m": 60, "h": 3600}
    return float(text[:-1]) * units[text[-1]] if text[-1:] in units else float(text)


def main(argv: list[str]) -> int:
    """Fuzz the protocols asked for; 1 if one of them has a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=0, help="inputs per decoder")
    parser.add_argument("--for", dest="span", default="", help="go on for this long in all: 90s, 15m, 1h")
    parser.add_argument("--protocol", help="only this one")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes other inputs")
    arguments = parser.parse_args(argv)
    chosen = [p for p in protocol_seeds.ALL if arguments.protocol in (None, p.name)]
    count = arguments.count or (0 if arguments.span else 50_000)
    faults: list[str] = []
    for protocol in chosen:
        began = time.monotonic()
        until = began + seconds(arguments.span) / len(chosen) if arguments.span else float("inf")
        report = fuzz(protocol, count, until, arguments.seed)
        faults += report.faults
        told = {"protocol": protocol.name, "inputs": report.inputs, "let_through": report.accepted}
        told |= {"slowest_suspect": round(report.slowest, 1), "seconds": round(time.monotonic() - began, 1)}
        print(json.dumps(told), flush=True)  # noqa: T201 - a command prints
    for fault in faults:
        print(fault[:2000], file=sys.stderr)  # noqa: T201 - a command prints
    return 1 if faults or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
