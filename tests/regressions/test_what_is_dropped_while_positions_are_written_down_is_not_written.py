"""The newest positions are sealed in another thread: one that was dropped meanwhile was written all the same."""

from road import NOON_MS, Store, cleared, device_id, position


def test_what_is_dropped_while_positions_are_written_down_is_not_written(tmp_path):
    store = Store(tmp_path, devices=2)
    for number in (0, 1):
        store.latest.update(cleared([position(NOON_MS)], device=device_id(number)))

    def attribution(device):
        if device == device_id(1):
            store.latest.drop([device_id(0)])  # a driver is forgotten while the second device is being sealed
        return store.attribution(device)

    assert store.latest.write_down(attribution) == 1
    with store.db.read() as connection:
        assert connection.execute("SELECT device FROM latest").fetchall() == [(device_id(1),)]
    store.close()
