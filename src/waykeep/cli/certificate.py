"""`waykeep certificate`: a certificate of this server's own, for a start with TLS where no authority gives one."""

import argparse
import time
from urllib.parse import urlsplit

from waykeep import seal
from waykeep.cli.base import Command
from waykeep.settings import load
from waykeep.store.engine import write_private

DAY_S = 86_400


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--for", dest="name", help="host name or address; by default that of the setting web_url")
    parser.add_argument("--days", type=int, default=365, help="how long it is valid")


def _run(arguments: argparse.Namespace) -> int:
    home = arguments.home.absolute()
    name = arguments.name or urlsplit(load(home).web_url).hostname or "localhost"
    now_s = int(time.time())  # noqa: TID251 (the door where the clock comes in)
    certificate, key = seal.self_signed(name, now_s - DAY_S, now_s + arguments.days * DAY_S)
    write_private(home / "tls.crt", certificate)
    write_private(home / "tls.key", key)
    print(f"A certificate for {name}, valid for {arguments.days} days; browsers and trackers must be told to trust it.")
    print("Put into waykeep.toml, with a line for each further door that shall speak TLS:")
    print('tls_certificate = "tls.crt"')
    print('tls_key = "tls.key"')
    print('tls_doors = ["web"]')
    return 0


COMMAND = Command(
    name="certificate",
    help="make a certificate of this server's own for doors with TLS",
    arguments=_arguments,
    run=_run,
)
