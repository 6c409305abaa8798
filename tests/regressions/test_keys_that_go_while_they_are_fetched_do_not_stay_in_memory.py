"""A device forgotten while its keys of the day were being fetched left them in the journal's memory."""

import pytest

from road import NOON_MS, TENANT, Store, device_id
from waykeep.store.vault import KeyGone


def test_keys_that_go_while_they_are_fetched_do_not_stay_in_memory(tmp_path, monkeypatch):
    store = Store(tmp_path)
    seen = store.vault.seen

    def forgotten_meanwhile(device):
        found = seen(device)
        store.vault.erasures.forget(device, "device")
        store.journal.forget([device])
        return found

    monkeypatch.setattr(store.vault, "seen", forgotten_meanwhile)
    with pytest.raises(KeyGone):
        store.journal.prepare(TENANT, device_id(), NOON_MS)

    assert not store.journal.ready(device_id(), NOON_MS)
    store.close()
