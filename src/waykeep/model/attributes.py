"""The registry of sensor attributes: what each name means, its unit, and its data category.

Names are the field's own, as trackers' servers have used them for years, so that imports and exports need no
translation. A name that is not here has no category, and the gate drops it: nobody said what it may be used for.
"""

import re
from functools import lru_cache

import msgspec

STATUS = "vehicle.status"
DIAGNOSTIC = "vehicle.diagnostic"
FUEL = "vehicle.fuel"
BEHAVIOUR = "driver.behaviour"
TECHNICAL = "device.technical"
SIGNAL = "quality.signal"
IDENTITY = "identity.name"
PRECISE = "location.precise"
COARSE = "location.coarse"

_NAMES_KEPT = 4096  # a sender can make up any number of names; so many answers are remembered


class Attribute(msgspec.Struct, frozen=True):
    """What one attribute name means. `kind` is number, flag or text."""

    category: str
    kind: str
    unit: str
    words: str


def _table(category: str, kind: str, unit: str, **names: str) -> dict[str, Attribute]:
    return {name: Attribute(category, kind, unit, words) for name, words in names.items()}


NAMED: dict[str, Attribute] = {
    **_table(STATUS, "flag", "", ignition="Ignition", motion="Moving", charge="Charging", blocked="Engine blocked"),
    **_table(STATUS, "flag", "", door="Door open", armed="Alarm armed", lock="Locked", cover="Cover open"),
    **_table(STATUS, "flag", "", taximeterOn="Taximeter on", panic="Panic button"),
    **_table(STATUS, "text", "", alarm="Alarms", tilt="Tilt", container="Container", registration="Plate"),
    **_table(STATUS, "text", "", gSensor="Acceleration sensor", string="Text of the device", alarmLabel="Alarm name"),
    **_table(STATUS, "number", "V", power="Supply voltage"),
    **_table(STATUS, "number", "m", odometer="Odometer", tripOdometer="Trip distance", distance="Distance"),
    **_table(STATUS, "number", "m", totalDistance="Total distance", serviceOdometer="Distance to service"),
    **_table(STATUS, "number", "ms", hours="Engine hours", idleHours="Idling time"),
    **_table(STATUS, "number", "", input="Inputs", output="Outputs", status="Status bits", event="Event code"),
    **_table(STATUS, "number", "", alarmType="Alarm code", warningType="Warning code", doors="Doors", lights="Lights"),
    **_table(STATUS, "number", "", indicators="Indicators", eventData="Event detail", reason="Reason of the report"),
    **_table(STATUS, "number", "t", loadTruck="Load of the truck", loadTrailer="Load of the trailer"),
    **_table(STATUS, "number", "t", totalTruck="Weight of the truck", totalTrailer="Weight of the trailer"),
    **_table(STATUS, "number", "kg", axleWeight="Axle weight"),
    **_table(STATUS, "number", "%", humidity="Humidity"),
    **_table(DIAGNOSTIC, "text", "", dtcs="Trouble codes", dtcsCodes="Trouble codes", vin="Vehicle identification"),
    **_table(DIAGNOSTIC, "number", "1/min", rpm="Engine speed"),
    **_table(DIAGNOSTIC, "number", "%", throttle="Throttle", engineLoad="Engine load", adBlueLevel="AdBlue level"),
    **_table(DIAGNOSTIC, "number", "°C", coolantTemp="Coolant", intakeTemp="Intake air", engineTemp="Engine"),
    **_table(DIAGNOSTIC, "number", "kPa", intakePressure="Intake pressure", airPressure="Air pressure"),
    **_table(DIAGNOSTIC, "number", "g/s", intakeFlow="Intake air flow"),
    **_table(DIAGNOSTIC, "number", "m", obdOdometer="Odometer of the vehicle", milDistance="Distance with fault lamp"),
    **_table(DIAGNOSTIC, "number", "m", dtcsClearedDistance="Distance since codes were cleared"),
    **_table(DIAGNOSTIC, "number", "", dtcsNumber="Number of trouble codes", faultCount="Number of trouble codes"),
    **_table(DIAGNOSTIC, "number", "", oilLevel="Oil level", engineStatus="Engine status"),
    **_table(DIAGNOSTIC, "number", "%", hybridBatteryLevel="Traction battery", soc="State of charge"),
    **_table(FUEL, "number", "l", fuel="Fuel", fuelUsed="Fuel used", tripFuelUsed="Fuel used on the trip"),
    **_table(FUEL, "number", "%", fuelLevel="Fuel level"),
    **_table(FUEL, "number", "l/h", fuelConsumption="Fuel flow"),
    **_table(FUEL, "flag", "", cngStatus="Runs on gas"),
    **_table(BEHAVIOUR, "number", "km/h", obdSpeed="Speed of the vehicle"),
    **_table(BEHAVIOUR, "number", "", drivingTime="Driving time", hardAccelerationCount="Hard accelerations"),
    **_table(BEHAVIOUR, "number", "", hardCorneringCount="Hard turns", hardDecelerationCount="Hard brakings"),
    **_table(BEHAVIOUR, "number", "", acceleration="Acceleration", steps="Steps", turnovers="Turns in sleep"),
    **_table(BEHAVIOUR, "number", "mg", axisX="Acceleration, x", axisY="Acceleration, y", axisZ="Acceleration, z"),
    **_table(BEHAVIOUR, "text", "", activity="Activity of the person"),
    **_table(IDENTITY, "text", "", driverUniqueId="Driver's key", driver="Driver", card="Card", cardCode="Card"),
    **_table(IDENTITY, "text", "", iccid="SIM card number", imei="IMEI", phone="Phone number"),
    **_table(PRECISE, "text", "", eventFiles="Files of the event", image="Picture", result="Answer to an order"),
    **_table(PRECISE, "number", "", geofence="Fence of the device", geofenceId="Fence of the device"),
    # Raw inputs by which a place or a person could be found, in the numbering of the widest spread trackers
    **_table(COARSE, "number", "", io205="Mobile cell", io206="Mobile area", io636="Mobile cell", lac="Mobile area"),
    **_table(COARSE, "number", "", cid2g="Mobile cell", cid4g="Mobile cell"),
    **_table(PRECISE, "text", "", io387="Place in ISO 6709 form"),
    **_table(IDENTITY, "text", "", io403="Driver's name", io404="Driver's licence", io405="Driver's gender"),
    **_table(SIGNAL, "number", "", sat="Satellites", satVisible="Satellites in view", rssi="Signal"),
    **_table(SIGNAL, "number", "", hdop="HDOP", pdop="PDOP", vdop="VDOP", operator="Operator", roaming="Roaming"),
    **_table(SIGNAL, "number", "m", accuracy="Accuracy", hacc="Horizontal accuracy", vacc="Vertical accuracy"),
    **_table(TECHNICAL, "number", "V", battery="Device battery"),
    **_table(TECHNICAL, "number", "%", batteryLevel="Device battery"),
    **_table(TECHNICAL, "number", "A", batteryCurrent="Charging current"),
    **_table(TECHNICAL, "number", "°C", deviceTemp="Device temperature"),
    **_table(TECHNICAL, "number", "s", uptime="Time since start"),
    **_table(TECHNICAL, "number", "", index="Number of the message", priority="Priority", type="Type of the message"),
    **_table(TECHNICAL, "number", "", bootReason="Reason of the start", otherStatus="Status"),
    **_table(TECHNICAL, "number", "", cardStatus="Card status", startupStatus="Start status", uploadMode="Upload mode"),
    **_table(TECHNICAL, "number", "", sleepMode="Sleep mode", dataMode="Data mode", mode="Mode", wakeSource="Woken by"),
    **_table(TECHNICAL, "number", "", usbConnected="USB", button="Button", versionHw="Hardware"),
    **_table(TECHNICAL, "text", "", serial="Answer of the device", versionFw="Firmware", data="Data"),
    **_table(TECHNICAL, "text", "", timezone="Zone", deviceType="Model", calid="Calibration"),
    **_table(TECHNICAL, "number", "%", relativeCapacity="Charge", absoluteCapacity="Charge of the design capacity"),
    **_table(TECHNICAL, "number", "%", batteryHealth="Battery health"),
    **_table(TECHNICAL, "number", "mAh", remainingCapacity="Charge left", fullCapacity="Full charge"),
    **_table(TECHNICAL, "number", "°C", batteryTemp="Battery temperature"),
    **_table(TECHNICAL, "number", "", current="Current", cycleIndex="Charging cycles", batteryStatus="Battery status"),
    **_table(TECHNICAL, "number", "", currentChargeInterval="Time since charging", batteryVersion="Battery version"),
    **_table(TECHNICAL, "number", "", maxChargeInterval="Longest time without charging"),
    **_table(TECHNICAL, "number", "", controllerStatus="Controller status", controllerFault="Controller fault"),
    **_table(TECHNICAL, "text", "", barcode="Barcode of the battery", manufacturer="Maker"),
    **_table(TECHNICAL, "text", "", networkTechnology="Network"),
    **_table(FUEL, "number", "", oil="Oil sensor"),
    # Some trackers put their mobile cell in the first raw inputs
    **_table(COARSE, "text", "", io1="Raw input 1", io2="Raw input 2", io3="Raw input 3", io4="Raw input 4"),
    **_table(COARSE, "text", "", io5="Raw input 5"),
    **_table(TECHNICAL, "flag", "", archive="Sent from memory", mock="Place set by software", tamper="Tampering"),
    **_table(TECHNICAL, "flag", "", batteryOverheat="Battery too hot"),
}

# Numbered names: the rule, and what it means
NUMBERED: tuple[tuple[re.Pattern[str], Attribute], ...] = tuple(
    (re.compile(rule), meaning)
    for rule, meaning in (
        (r"io\d{1,5}", Attribute(TECHNICAL, "number", "", "Raw input")),
        (r"in\d{1,2}", Attribute(STATUS, "flag", "", "Input")),
        (r"out\d{1,2}", Attribute(STATUS, "flag", "", "Output")),
        (r"adc\d{1,2}", Attribute(STATUS, "number", "V", "Analogue input")),
        (r"count\d{1,2}", Attribute(STATUS, "number", "", "Counter")),
        (r"(temp|bleTemp|eyeTemp)\d{1,2}", Attribute(STATUS, "number", "°C", "Temperature")),
        (r"(humidity|bleHumidity|eyeHumidity)\d{1,2}", Attribute(STATUS, "number", "%", "Humidity")),
        (r"axle(Weight)?\d{1,2}", Attribute(STATUS, "number", "t", "Axle load")),
        (r"fuel\d{1,2}", Attribute(FUEL, "number", "l", "Fuel")),
        (r"(power|battery)\d{1,2}", Attribute(TECHNICAL, "number", "V", "Voltage")),
        (r"batteryCell\d{1,2}", Attribute(TECHNICAL, "number", "V", "Battery cell")),
        (r"alarm\dStatus", Attribute(STATUS, "number", "", "Alarm status")),
        (r"driver\d(Card|Name)?", Attribute(IDENTITY, "text", "", "Driver")),
        (r"(tag|beacon|lock)\d{1,2}[A-Z]\w{1,20}", Attribute(TECHNICAL, "number", "", "Tag or beacon")),
        (r"tag(Name|Temp|Humidity|Battery)", Attribute(TECHNICAL, "number", "", "Tag")),
    )
)


@lru_cache(_NAMES_KEPT)
def describe(name: str) -> Attribute | None:
    """Say what an attribute name means, or None where nobody has."""
    if found := NAMED.get(name):
        return found
    return next((meaning for rule, meaning in NUMBERED if rule.fullmatch(name)), None)


def category(name: str) -> str | None:
    """Give the data category of an attribute name, or None where nobody named it."""
    found = describe(name)
    return found.category if found else None
