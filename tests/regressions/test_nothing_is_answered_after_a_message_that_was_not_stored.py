"""After a message that was not stored the next one of its piece was answered: a device takes that for the first."""

from collections import Counter
from types import SimpleNamespace

from road import NOON_MS, Directory, position
from waykeep import protocols
from waykeep.errors import StoreError
from waykeep.flows.demands import Caller
from waykeep.gateway.conversation import Conversation, Door
from waykeep.protocols.base import Message


def message(number, **more):
    fix = position(NOON_MS + number)
    return Message(positions=(fix,), records=(b"%d" % number,), replies=(b"answer %d" % number,), **more)


def test_nothing_is_answered_after_a_message_that_was_not_stored():
    asked, written = [], []

    def submit(known, taken, received_ms, answer):
        del known, received_ms
        asked.append(taken)
        answer(StoreError("the disk is in trouble") if len(asked) == 1 else None)

    door = Door(
        protocols.named("teltonika"), Directory("teltonika"), SimpleNamespace(counters=Counter(), submit=submit),
        lambda: NOON_MS,
    )  # fmt: skip

    wire = SimpleNamespace(write=written.append, slow=bool)
    talk = Conversation(door, "tcp", Caller("127.0.0.1"), wire)
    wire.hang_up = talk.end

    went_on = talk.take([message(0, device_ids=("352000000000000",)), message(1)])

    assert (went_on, written, len(asked)) == (False, [], 1)
