"""The demo's fleet: which units there are, what they speak, and where they begin."""

from random import Random

import msgspec

from waykeep.simulate.routes import Route, routes
from waykeep.simulate.vehicle import Vehicle

SPOKEN = ("teltonika", "gt06", "h02", "osmand")
KINDS = ("Van", "Truck", "Car", "Bus")
MODELS = {"teltonika": "FMB920", "gt06": "GT06N", "h02": "ST-901", "osmand": "Traccar Client"}


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """One unit of the demo: what people call it, and what its tracker is."""

    number: int
    name: str
    unique_id: str
    protocol: str
    model: str
    group: str


def fleet(count: int, protocols: tuple[str, ...] = SPOKEN) -> tuple[Unit, ...]:
    """So many units, spread evenly over protocols and places."""
    places = routes()
    return tuple(_unit(number, protocols[number % len(protocols)], _course(number, places)) for number in range(count))


def vehicles(units: tuple[Unit, ...], random: Random) -> tuple[Vehicle, ...]:
    """A vehicle for each unit, already on its way somewhere along its route."""
    places = routes()
    return tuple(Vehicle(_course(unit.number, places), _child(random), random.random()) for unit in units)


def _child(random: Random) -> Random:
    """A generator of its own, so that one unit's luck does not depend on another's."""
    return Random(random.getrandbits(64))  # noqa: S311 - made-up drives want repeatable numbers, not secret ones


def _course(number: int, places: tuple[Route, ...]) -> Route:
    return places[(number // len(SPOKEN) + number) % len(places)]


def _unit(number: int, protocol: str, route: Route) -> Unit:
    kind = KINDS[(number // 3) % len(KINDS)]
    return Unit(
        number=number,
        name=f"{route.place} {kind} {number + 1:02}",
        unique_id=_unique_id(number, protocol),
        protocol=protocol,
        model=MODELS.get(protocol, ""),
        group=route.place,
    )


def _unique_id(number: int, protocol: str) -> str:
    """IMEIs of the test range 001, with their check digit; ten digits where that is what trackers have."""
    if protocol == "h02":
        return f"90{number:08}"
    body = f"00101042{number:06}"
    return body + _check_digit(body)


def _check_digit(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return str(-total % 10)
