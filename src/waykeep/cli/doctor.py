"""`waykeep doctor`: whether keys and data lie apart, and whether anything waits for an administrator's word."""

import argparse
from functools import partial

from waykeep import wiring
from waykeep.cli.base import Command
from waykeep.flows import control, founding
from waykeep.flows.founding import keys_beside_data, web_in_clear
from waykeep.settings import load


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--confirm-clock", action="store_true", help="say that the clock is right now, so that sweeps go on"
    )
    parser.add_argument("--turn-epoch", action="store_true", help="end the key epoch now, before its time")


def _run(arguments: argparse.Namespace) -> int:
    settings = load(arguments.home)
    do = partial(control.do, settings.path("data_dir"), partial(wiring.handlers, settings))
    if arguments.confirm_clock:
        do("confirm-clock")
    if arguments.turn_epoch:
        turned = do("turn-epoch")
        print(f"epoch {turned['epoch']} has begun; {turned['certificates']} certificates have their second date")
        for place in turned["out_of_reach"]:
            print(f"out of reach, the old epoch key may still be there: {place}")
    state = do("state")
    stopped = state["stopped"]
    print(f"server: {'running' if state['running'] else 'not running'}")
    print(f"keys and data: {'together' if keys_beside_data(settings) else 'apart'}")
    open_to = founding.readable_by_others(settings)
    print(f"files: {'closed to others' if not open_to else 'readable by others of this machine'}")
    for path in open_to:
        print(f"  {path}: chmod go-rwx it")
    plain = web_in_clear(settings)
    print(f"portal: {plain or 'reached over TLS, or from this machine alone'}")
    print(f"clock: {'trusted' if stopped is None else 'stopped (' + stopped['reason'] + '), see --confirm-clock'}")
    return 0 if stopped is None and not open_to and plain is None else 1


COMMAND = Command(name="doctor", help="look at keys and clock, and confirm what waits", arguments=_arguments, run=_run)
