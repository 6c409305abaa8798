"""`waykeep corpus DIR`: replay exchanges of real devices through the decoders."""

import argparse
from pathlib import Path

import msgspec

from waykeep import protocols
from waykeep.cli.base import Command
from waykeep.errors import AskError
from waykeep.flows.corpus import Tally, count, exchanges, replay
from waykeep.flows.corpus_lists import LEFT_OUT
from waykeep.protocols.base import Protocol


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder with one <protocol>.jsonl per protocol")
    parser.add_argument("--protocol", help="only this one")
    parser.add_argument("--json", action="store_true", help="nothing but the last line")


def _run(arguments: argparse.Namespace) -> int:
    chosen = _chosen(arguments.folder, arguments.protocol)
    tallies = {protocol.name: _replay_all(protocol, arguments.folder, arguments.json) for protocol in chosen}
    if not arguments.json:
        _tell_left_out(tallies)
    print(msgspec.json.encode({"protocols": tallies}).decode())
    return 1 if any(tally.failed for tally in tallies.values()) else 0


def _chosen(folder: Path, name: str | None) -> list[Protocol]:
    if name is None:
        chosen = [p for p in protocols.ALL if (folder / f"{p.name}.jsonl").exists()]
        if not chosen:
            raise AskError("corpus-missing", f"{folder} holds no exchanges of a protocol that is known here")
        return chosen
    found = protocols.named(name)
    if found is None:
        raise AskError("protocol-unknown", f"there is no protocol {name}")
    return [found]


def _replay_all(protocol: Protocol, folder: Path, silent: bool) -> Tally:  # noqa: FBT001 the flag of the command line
    tally = Tally()
    for exchange in exchanges(folder, protocol.name):
        outcome = replay(exchange, protocol)
        count(tally, outcome)
        if outcome.differences and not silent:
            print(f"{outcome.exchange}:{' excepted: ' + outcome.excepted if outcome.excepted else ''}")
            for difference in outcome.differences:
                print(f"  {difference}")
    if not silent:
        print(f"{protocol.name}: {tally.agreed} of {tally.exchanges} agree")
    return tally


def _tell_left_out(tallies: dict[str, Tally]) -> None:
    for (protocol, name), reason in LEFT_OUT.items():
        if protocol in tallies:
            print(f"left out {protocol} {name}: {reason}")


COMMAND = Command(
    name="corpus", help="replay exchanges of real devices through the decoders", arguments=_arguments, run=_run
)
