"""Many threads at the vault while someone is forgotten."""

import threading

from vaults import raw, vault
from waykeep.store.vault import KeyGone

MONTH = 2026 * 12


def wait_for(done, count):
    while len(done) < count:
        threading.Event().wait(0.005)


def test_no_key_of_a_forgotten_person_opens_or_comes_back_once_the_call_returned(tmp_path):
    v = vault(tmp_path)
    known = [v.data_key("ta", "da", "pa", MONTH + n, create=True).id for n in range(12)]
    over, late, other = threading.Event(), [], []

    def use(n):
        while not over.is_set():
            gone = forgotten.is_set()  # asked first: what opens after this was opened after the call returned
            try:
                opened = [v.open_data_key(key) for key in known]
                opened.append(v.data_key("ta", "da", "pa", MONTH + n, create=True))
            except KeyGone:
                opened = []
            if gone and any(opened):
                late.append(opened)
            other.append(v.data_key("ta", "da", "pb", MONTH + n, create=True))

    forgotten = threading.Event()
    threads = [threading.Thread(target=use, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    wait_for(other, 8)
    destroyed = v.erasures.forget("pa")
    forgotten.set()
    so_far = len(other)
    v.erasures.sweep(destroyed)
    wait_for(other, so_far + 8)
    over.set()
    for thread in threads:
        thread.join()

    assert late == []
    assert v.keys.select("subject = 'pa'", ()) == ()
    assert not [blob for blob in destroyed.wrapped if blob in raw(tmp_path / "keys")]
    assert len({key.id for key in other}) == 4
    v.close()


def test_one_key_is_made_however_many_ask_for_it_at_once(tmp_path):
    v = vault(tmp_path)
    start, found = threading.Barrier(8), []

    def ask():
        start.wait()
        found.append(v.day_key("da", 20_000, create=True))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1
    assert len(v.keys.select("kind = 'day'", ())) == 1
    v.close()
