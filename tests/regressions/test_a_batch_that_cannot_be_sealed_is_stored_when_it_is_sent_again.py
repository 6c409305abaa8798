"""A batch that failed before it reached the disk left its records known as received: the resend was answered for."""

import pytest

from road import NOON_MS, Store, cleared, device_id, position
from waykeep.errors import StoreError


def test_a_batch_that_cannot_be_sealed_is_stored_when_it_is_sent_again(tmp_path, monkeypatch):
    store = Store(tmp_path, devices=2)
    one = cleared([position(NOON_MS)], device=device_id(0))
    other = cleared([position(NOON_MS)], device=device_id(1))
    with monkeypatch.context() as patch:
        opened = store.vault.day_key

        def unreadable(device, day, create):
            if device == device_id(1):
                raise StoreError("the vault's disk is in trouble")
            return opened(device, day, create)

        patch.setattr(store.vault, "day_key", unreadable)
        with pytest.raises(StoreError):
            store.journal.append([one, other])

    written = store.write(one, other)

    assert (written.stored, written.resent) == (2, 0)
    store.close()
