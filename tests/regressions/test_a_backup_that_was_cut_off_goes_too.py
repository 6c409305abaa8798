"""What a crash left of a half-made backup, tail and all, lay beside the others for ever."""

from houses import DAY_MS, House


def test_a_backup_that_was_cut_off_goes_too(tmp_path):
    house = House(tmp_path)
    folder = house.settings.path("backup_dir")
    now_ms = house.clock()
    for name in (now_ms - 2 * DAY_MS, now_ms - 1000):
        (folder / f"{name}.partial").mkdir(parents=True)
        (folder / f"{name}.partial" / "whole.db").write_bytes(b"frames")

    house.backups.expire()

    assert [path.name for path in folder.iterdir()] == [f"{now_ms - 1000}.partial"]
    house.close()
