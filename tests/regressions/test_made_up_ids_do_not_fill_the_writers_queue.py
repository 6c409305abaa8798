"""Each made-up id was one write: twenty thousand of them kept sign-ins waiting for a quarter of a minute."""

from concurrent.futures import Future

from waykeep.flows.directory import KNOCKS_UNWRITTEN, Directory


class Fleet:
    """No device."""

    def devices(self):
        return []

    def assignments(self, _=None):
        return []

    def memberships(self):
        return {}

    def hash_of(self, unique_id):
        return unique_id.encode()


class Waiting:
    """A disk that has not written yet."""

    def __init__(self):
        self.asked = {}

    def knock(self, unique_id, *_):
        self.asked[unique_id] = Future()
        return self.asked[unique_id]


def test_made_up_ids_do_not_fill_the_writers_queue():
    waiting = Waiting()
    directory = Directory(Fleet(), waiting)
    for n in range(10_000):
        directory.waiting(f"made-up-{n}", "gt06", 1000)
    assert len(waiting.asked) == KNOCKS_UNWRITTEN


def test_one_that_was_passed_over_is_noted_when_it_knocks_again():
    waiting = Waiting()
    directory = Directory(Fleet(), waiting)
    for n in range(KNOCKS_UNWRITTEN):
        directory.waiting(f"made-up-{n}", "gt06", 1000)
    directory.waiting("a-real-one", "gt06", 1001)
    assert "a-real-one" not in waiting.asked
    for written in waiting.asked.values():
        written.set_result(None)
    directory.waiting("a-real-one", "gt06", 1002)
    assert "a-real-one" in waiting.asked
