"""A vehicle keeps to physics: bounded acceleration, bends taken slowly, fuel and odometer that add up."""

from random import Random

import pytest

from waykeep.geo import bearing_deg, distance_m, turn_deg
from waykeep.simulate.routes import COMFORT_SIDEWAYS_MPS2, finished, routes
from waykeep.simulate.vehicle import (
    HARDEST_ACCELERATION_MPS2,
    HARDEST_BRAKING_MPS2,
    RESERVE_L,
    STEP_S,
    TANK_L,
    Vehicle,
)

ROUTES = routes()
HOUR_S = 3600


def drive(vehicle, seconds, step_s=1.0):
    for _ in range(int(seconds / step_s)):
        vehicle.drive(step_s)
        yield vehicle


def test_the_routes_lie_in_at_least_three_countries():
    assert len({route.country for route in ROUTES}) >= 3


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: r.place)
def test_speeding_up_and_braking_stay_within_what_a_vehicle_can(route):
    vehicle = Vehicle(route, Random(1), 0.4)
    for now in drive(vehicle, HOUR_S / 2, STEP_S):
        assert -HARDEST_BRAKING_MPS2 - 1e-6 <= now.acceleration_mps2 <= HARDEST_ACCELERATION_MPS2 + 1e-6


@pytest.mark.parametrize("route", ROUTES[:4], ids=lambda r: r.place)
def test_no_piece_is_driven_faster_than_its_pace(route):
    vehicle = Vehicle(route, Random(2), 0.1)
    fastest = max(now.speed_mps for now in drive(vehicle, HOUR_S))
    assert 0 < fastest <= max(route.pace_mps) + 0.1


def test_a_sharp_bend_is_limited_by_its_curvature():
    corner = finished("", "", [(0.0, 0.0), (0.0, 0.0002), (0.0002, 0.0002), (0.0002, 0.0004)], [30.0] * 4)
    radius_m = 11.12  # half a step of 22.24 m, a right angle
    assert corner.limit_mps[1] == pytest.approx((COMFORT_SIDEWAYS_MPS2 * radius_m) ** 0.5, rel=0.01)


def test_the_odometer_is_the_way_that_was_driven():
    vehicle = Vehicle(ROUTES[0], Random(3), 0.5)
    begun_m, last, way_m = vehicle.odometer_m, vehicle.place, 0.0
    for now in drive(vehicle, 600, STEP_S):
        way_m += distance_m(last, now.place)
        last = now.place
    assert vehicle.odometer_m - begun_m == pytest.approx(way_m, rel=0.01)


def test_fuel_only_falls_between_fillings_and_adds_up():
    vehicle = Vehicle(ROUTES[1], Random(4), 0.2)
    begun_l, last_l, filled_l = vehicle.fuel_l, vehicle.fuel_l, 0.0
    for now in drive(vehicle, HOUR_S):
        assert now.fuel_l <= last_l or now.refuelled_l > filled_l
        last_l, filled_l = now.fuel_l, now.refuelled_l
    assert vehicle.burnt_l > 1
    assert vehicle.fuel_l == pytest.approx(begun_l - vehicle.burnt_l + vehicle.refuelled_l)


def test_a_nearly_empty_tank_is_filled_with_the_engine_off():
    vehicle = Vehicle(ROUTES[2], Random(5), 0.3)
    vehicle.fuel_l = RESERVE_L - 1
    filling = [now.ignition for now in drive(vehicle, HOUR_S / 2) if now.refuelled_l and now.fuel_l < TANK_L - 0.1]
    assert vehicle.refuelled_l == pytest.approx(TANK_L - RESERVE_L + 1, abs=1.0)
    assert not any(filling[:60])


def test_it_stands_drives_and_idles_within_half_an_hour():
    states = {(now.ignition, now.speed_mps > 0) for now in drive(Vehicle(ROUTES[3], Random(6), 0.6), HOUR_S / 2)}
    assert states == {(True, True), (True, False), (False, False)}


def test_its_course_is_the_way_that_it_goes():
    vehicle = Vehicle(ROUTES[4], Random(7), 0.5)
    for _ in range(200):
        before = vehicle.place
        vehicle.drive(1.0)
        if distance_m(before, vehicle.place) > 8:
            course_deg = vehicle.position(0).course_deg
            assert abs(turn_deg(bearing_deg(before, vehicle.place), course_deg)) < 100


def test_the_same_seed_drives_the_same_way():
    one, other = (Vehicle(ROUTES[5], Random(8), 0.5) for _ in range(2))
    for vehicle in (one, other):
        vehicle.drive(300)
    assert one.position(1000) == other.position(1000)


def test_a_position_says_what_a_tracker_would():
    vehicle = Vehicle(ROUTES[6], Random(9), 0.5)
    vehicle.drive(30)
    position = vehicle.position(1_000)
    assert position.valid
    assert distance_m((position.latitude_deg, position.longitude_deg), vehicle.place) < 15
    assert {"ignition", "odometer", "fuel", "power", "battery"} <= position.attributes.keys()
