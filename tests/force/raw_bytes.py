"""The canary scan over folders: raw bytes of every file, sizes and names included."""

from waykeep.policy.canary import forms, scan


def files(*folders):
    """Every file of the folders."""
    return [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]


def scanned(canaries, *folders):
    """What is found, as (file, canary, form)."""
    wanted = [one for canary in canaries for one in forms(canary)]
    found = []
    for path in files(*folders):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            continue  # a log that was cut meanwhile
        found += [(path.name, one.canary, one.form) for one in scan(path.name.encode() + b"\n" + data, wanted)]
    return found
