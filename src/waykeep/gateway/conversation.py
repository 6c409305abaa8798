"""One conversation with a device: who it is, and its answers in order, each only after what it answers is durable."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Protocol as Shape

from waykeep.errors import StoreError
from waykeep.flows.demands import Caller
from waykeep.flows.directory import Known
from waykeep.protocols.base import Decoder, Message, Protocol

MOST_PENDING = 64  # messages not yet durable; beyond it the socket is not read until half of them are answered

Network = IPv4Network | IPv6Network


class Directory(Shape):
    """Who knows the devices."""

    def resolve(self, unique_ids: tuple[str, ...], protocol: str, caller: Caller) -> Known | None:
        """The device with one of these ids, if it may report so."""
        ...

    def waiting(self, unique_id: str, protocol: str, now_ms: int) -> None:
        """Note that an unknown device knocked."""
        ...


class Road(Shape):
    """Where messages go: the intake."""

    counters: Counter[str]

    def submit(
        self, known: Known, message: Message, received_ms: int, answer: Callable[[StoreError | None], None]
    ) -> None:
        """Take one message; `answer` is called when it is durable, or must not be answered."""
        ...


class Wire(Shape):
    """The connection under a conversation."""

    def write(self, data: bytes) -> None:
        """Put bytes on the wire."""
        ...

    def hang_up(self) -> None:
        """End the connection; the conversation ends with it."""
        ...

    def slow(self, slow: bool) -> None:  # noqa: FBT001 (the call's one value)
        """Read slower, or again."""
        ...


class Door:
    """What all conversations of one protocol share."""

    def __init__(
        self,
        protocol: Protocol,
        directory: Directory,
        road: Road,
        clock: Callable[[], int],
        networks: Sequence[Network] = (),
    ) -> None:
        self.protocol, self.directory, self.road, self.clock = protocol, directory, road, clock
        self._networks = tuple(networks)
        self.by_device: dict[str, tuple[Conversation, ...]] = {}  # nearly always one: a set is four times its size

    def takes(self, source: str) -> bool:
        """Whether a connection from this address is taken; one from outside the door's networks is counted."""
        if not self._networks or any(ip_address(source) in one for one in self._networks):
            return True
        self.road.counters["refused.outside-network"] += 1
        return False

    def hang_up(self, devices: Collection[str]) -> None:
        """End every conversation with these devices."""
        for device in devices:
            for conversation in self.by_device.get(device, ()):
                conversation.hang_up()


class _Owed:
    """The answer to one message."""

    __slots__ = ("conversation", "due", "replies")

    def __init__(self, conversation: "Conversation", replies: tuple[bytes, ...]) -> None:
        self.conversation, self.replies, self.due = conversation, replies, False

    def answer(self, error: StoreError | None) -> None:
        """The message is durable, or must not be answered."""
        if error is None:
            self.due = True
            self.conversation.pay()
        else:
            self.conversation.hang_up()  # the device resends what was not answered


class Conversation:
    """Takes a decoder's messages and writes what they are answered with."""

    __slots__ = (
        "_caller",
        "_door",
        "_ids",
        "_over",
        "_owed",
        "_slowed",
        "_wire",
        "decoder",
        "known",
    )

    def __init__(
        self,
        door: Door,
        transport: str,
        caller: Caller,
        wire: Wire,
    ) -> None:
        self._door, self._caller, self._wire = door, caller, wire
        self.decoder: Decoder = door.protocol.decoder(transport)
        self.known: Known | None = None
        self._ids: tuple[str, ...] = ()
        self._owed: list[_Owed] = []  # short; an empty deque holds half a kilobyte, ten thousand times
        self._slowed = self._over = False

    def called(self, caller: Caller) -> None:
        """Learn who speaks now; another than before must introduce themselves anew."""
        if caller != self._caller:
            self._leave()
            self._caller, self._ids, self.known = caller, (), None

    def take(self, messages: list[Message]) -> bool:
        """Take what the decoder gave; False when the device was refused and the conversation is over."""
        now_ms = self._door.clock()
        for message in messages:
            if self._over:  # the one before must not be answered: an answer to this one would pass for its own
                return False
            if message.device_ids and message.device_ids != self._ids and not self._introduced(message, now_ms):
                self._wire.write(message.refusal)
                self.hang_up()
                return False
            owed = _Owed(self, _replies(message, now_ms))
            self._owed.append(owed)
            if not message.positions:
                owed.due = True
            elif self.known is None:
                self._door.road.counters["refused.unknown-device"] += 1
                self.hang_up()
                return False
            else:
                self._door.road.submit(self.known, message, now_ms, owed.answer)
        self.pay()
        return True

    def pay(self) -> None:
        """Write the answers that are due, in the order of what they answer."""
        owed = self._owed
        while owed and owed[0].due and not self._over:
            for reply in owed.pop(0).replies:
                self._wire.write(reply)
        if self._slowed:
            if len(owed) <= MOST_PENDING // 2:
                self._slowed = False
                self._wire.slow(False)  # noqa: FBT003 (the call's one value)
        elif len(owed) > MOST_PENDING:
            self._slowed = True
            self._wire.slow(True)  # noqa: FBT003 (the call's one value)

    def pending(self) -> int:
        """How many messages wait for their answer."""
        return len(self._owed)

    def hang_up(self) -> None:
        """End the connection."""
        self._wire.hang_up()

    def end(self) -> None:
        """The connection is gone."""
        self._over = True
        self._owed.clear()
        self._leave()

    def _introduced(self, message: Message, now_ms: int) -> bool:
        """Learn whose conversation it is."""
        door = self._door
        known = door.directory.resolve(message.device_ids, door.protocol.name, self._caller)
        self._leave()
        self.known = known
        if known is None:
            self._ids = ()
            door.road.counters["refused.unknown-device"] += 1
            door.directory.waiting(message.device_ids[0], door.protocol.name, now_ms)
            return False
        self._ids = message.device_ids
        self.decoder.identify(message.device_ids[0], known.settings)
        door.by_device[known.device] = (*door.by_device.get(known.device, ()), self)
        return True

    def _leave(self) -> None:
        if self.known is not None:
            by_device, device = self._door.by_device, self.known.device
            others = tuple(one for one in by_device.pop(device, ()) if one is not self)
            if others:
                by_device[device] = others


def _replies(message: Message, now_ms: int) -> tuple[bytes, ...]:
    """What a message is answered with; a device that asks for the time gets it."""
    return message.replies if message.clock_reply is None else (*message.replies, message.clock_reply(now_ms))
