"""One vehicle of the demo: it accelerates, brakes for bends and lights, stops, idles, burns fuel and fills up."""

from bisect import bisect_right
from math import exp, sqrt
from random import Random

from waykeep.geo import Point, bearing_deg, between, destination
from waykeep.model.position import Position, Value
from waykeep.simulate.routes import COMFORT_BRAKING_MPS2, Route

HARDEST_ACCELERATION_MPS2 = 1.6
HARDEST_BRAKING_MPS2 = 3.5  # late at a light; bends are braked for in comfort
STEP_S = 0.25
TANK_L = 70.0
RESERVE_L = 8.0
FILL_L_PER_S = 0.6
IDLE_L_PER_S = 0.9 / 3600
AT_LIGHT_M = 0.3
BETWEEN_LIGHTS_M = (350.0, 1800.0)
LIGHT_S = (6.0, 35.0)
DELIVERY_S = (25.0, 90.0)
TURNING_ROUND_S = (20.0, 60.0)
DELIVERY_SHARE = 0.18
OUTSIDE_C, WARM_C = 18.0, 88.0
NOISE_M = 1.2


class Vehicle:
    """Drives a route there and back. All randomness comes from the generator that it is given."""

    def __init__(self, route: Route, random: Random, start_part: float = 0.0) -> None:
        self._route, self._random = route, random
        self._along_m = min(max(start_part, 0.0), 0.999) * route.length_m
        self._outward = random.random() < 0.5
        self.speed_mps = 0.0
        self.acceleration_mps2 = 0.0
        self.ignition = True
        self.fuel_l = random.uniform(RESERVE_L + 1, TANK_L)
        self.odometer_m = random.uniform(4_000_000, 180_000_000)
        self.engine_ms = random.uniform(3.6e8, 9e9)
        self.refuelled_l = 0.0
        self.burnt_l = 0.0
        self._coolant_c = random.uniform(OUTSIDE_C, WARM_C)
        self._waiting_s = 0.0
        self._filling = False
        self._course_deg = 0.0
        self._drift = (0.0, 0.0)
        self._next_stop_m = random.uniform(*BETWEEN_LIGHTS_M)
        self.speed_mps = 0.7 * min(self._allowed(), sqrt(2 * COMFORT_BRAKING_MPS2 * self._next_stop_m))

    def drive(self, seconds: float) -> None:
        """Let time pass."""
        left = seconds
        while left > 1e-9:
            step = min(STEP_S, left)
            self._step(step)
            left -= step

    @property
    def place(self) -> Point:
        """Where it is on its route."""
        return self._at(self._along_m)

    def position(self, fix_ms: int) -> Position:
        """What its tracker says."""
        east, north = self._random.gauss(0, 1), self._random.gauss(0, 1)
        keep = 0.9 if self.speed_mps else 0.98
        fresh = NOISE_M * sqrt(1 - keep * keep)
        self._drift = keep * self._drift[0] + fresh * east, keep * self._drift[1] + fresh * north
        seen = destination(destination(self.place, 90, self._drift[0]), 0, self._drift[1])
        return Position(
            fix_ms=fix_ms,
            latitude_deg=round(seen[0], 7),
            longitude_deg=round(seen[1], 7),
            altitude_m=round(40 + 25 * abs(self._along_m / self._route.length_m - 0.5), 1),
            speed_mps=round(self.speed_mps, 2),
            course_deg=round(self._course_deg, 1) % 360,
            attributes=self._sensors(),
        )

    def _sensors(self) -> dict[str, Value]:
        return {
            "ignition": self.ignition,
            "motion": self.speed_mps > 0.3,
            "sat": 8 + int(self._random.random() * 7),
            "rssi": 3,
            "odometer": int(self.odometer_m),
            "hours": int(self.engine_ms),
            "power": round((14.1 if self.ignition else 12.5) + self._random.gauss(0, 0.04), 2),
            "battery": round(4.05 + self._random.gauss(0, 0.01), 2),
            "batteryLevel": 96,
            "fuel": round(self.fuel_l, 1),
            "coolantTemp": round(self._coolant_c),
        }

    def _step(self, seconds: float) -> None:
        before = self.speed_mps
        if self._waiting_s > 0:
            self._wait(seconds)
        else:
            self.ignition = True
            self._move(seconds)
        self.acceleration_mps2 = (self.speed_mps - before) / seconds
        self._run_engine(seconds)

    def _wait(self, seconds: float) -> None:
        self.speed_mps = 0.0
        self._waiting_s -= seconds
        if self._filling:
            filled = min(TANK_L - self.fuel_l, FILL_L_PER_S * seconds)
            self.fuel_l, self.refuelled_l = self.fuel_l + filled, self.refuelled_l + filled
            self._filling = self.fuel_l < TANK_L - 0.01
            self._waiting_s = max(self._waiting_s, 1.0) if self._filling else self._waiting_s

    def _move(self, seconds: float) -> None:
        stopping = sqrt(2 * COMFORT_BRAKING_MPS2 * self._next_stop_m) if self._next_stop_m > AT_LIGHT_M else 0.0
        wanted = min(self._allowed(), stopping)
        change = max(-HARDEST_BRAKING_MPS2, min(self._pull(), (wanted - self.speed_mps) / seconds)) * seconds
        after = max(0.0, self.speed_mps + change)
        way = (self.speed_mps + after) / 2 * seconds
        self.speed_mps = after
        self.odometer_m += way
        self._next_stop_m -= way
        self._along_m += way if self._outward else -way
        self._turn_round_at_ends()
        if self._next_stop_m <= AT_LIGHT_M and self.speed_mps == 0:
            self._stop()

    def _pull(self) -> float:
        """Acceleration falls off with speed."""
        return HARDEST_ACCELERATION_MPS2 / (1 + self.speed_mps / 18)

    def _turn_round_at_ends(self) -> None:
        self._along_m = min(max(self._along_m, 0.0), self._route.length_m)
        if self.speed_mps == 0 and self._to_end_m() <= AT_LIGHT_M:
            self._outward = not self._outward
            self._halt(self._random.uniform(*TURNING_ROUND_S), engine=False)

    def _to_end_m(self) -> float:
        return self._route.length_m - self._along_m if self._outward else self._along_m

    def _stop(self) -> None:
        self._next_stop_m = self._random.uniform(*BETWEEN_LIGHTS_M)
        if self.fuel_l < RESERVE_L:
            self._filling = True
            self._halt((TANK_L - self.fuel_l) / FILL_L_PER_S, engine=False)
        elif self._random.random() < DELIVERY_SHARE:
            self._halt(self._random.uniform(*DELIVERY_S), engine=False)
        else:
            self._halt(self._random.uniform(*LIGHT_S), engine=True)

    def _halt(self, seconds: float, *, engine: bool) -> None:
        self.ignition, self._waiting_s = engine, seconds

    def _allowed(self) -> float:
        """The pace of this piece of the route, or what the bend or the end ahead leaves of it."""
        route = self._route
        piece = self._piece()
        ahead = piece + 1 if self._outward else piece
        reach = abs(route.along_m[ahead] - self._along_m)
        limit = route.limit_mps[ahead]
        if ahead in {0, len(route.points) - 1}:
            limit, reach = 0.0, reach if reach > AT_LIGHT_M else 0.0
        self._course_deg = bearing_deg(route.points[piece], route.points[piece + 1])
        if not self._outward:
            self._course_deg = (self._course_deg + 180) % 360
        return min(route.pace_mps[piece], sqrt(limit**2 + 2 * COMFORT_BRAKING_MPS2 * reach))

    def _piece(self) -> int:
        along = self._route.along_m
        found = bisect_right(along, self._along_m) - 1
        if not self._outward and found > 0 and self._along_m == along[found]:
            found -= 1
        return min(max(found, 0), len(along) - 2)

    def _at(self, along_m: float) -> Point:
        route, piece = self._route, self._piece()
        start, end = route.along_m[piece], route.along_m[piece + 1]
        part = (along_m - start) / (end - start) if end > start else 0.0
        return between(route.points[piece], route.points[piece + 1], min(max(part, 0.0), 1.0))

    def _run_engine(self, seconds: float) -> None:
        if self.ignition:
            rolling = 0.045 * self.speed_mps + 0.00028 * self.speed_mps**3
            climbing = 0.9 * self.speed_mps * max(0.0, self.acceleration_mps2)
            burnt = min(self.fuel_l, (IDLE_L_PER_S + (rolling + climbing) / 1000 * 0.35) * seconds)
            self.fuel_l, self.burnt_l = self.fuel_l - burnt, self.burnt_l + burnt
            self.engine_ms += seconds * 1000
        target = WARM_C if self.ignition else OUTSIDE_C
        self._coolant_c += (target - self._coolant_c) * (1 - exp(-seconds / (240 if self.ignition else 1800)))
