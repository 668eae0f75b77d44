#!/usr/bin/env python3
"""Where billing periods begin and end, computed apart from the product by Python's own calendar: no code of it is used.

Reads {"zones": {name: [[instant, offset], …]}, "cases": [{"zone", "anchor", "billing_period", "interval_count",
"count"}]} from standard input and writes a list of boundaries a case: the anchor and up to `count` later ones. A zone
is the offset in seconds from each instant on (seconds since 1970, the first one reaching back for ever); it is given,
since the time-zone data of this machine may be older than the product's, or missing. An anchor is an instant or a
date, which is local midnight.

The rules (billing rules 6): boundary n is the anchor's local time plus n intervals, its day clamped to the month; a
skipped local time moves forward by the gap, a repeated one is the first; a boundary not later than its predecessor is
left out. How `datetime` reads a local time with fold=0 is just that: in a gap it takes the offset from before.
"""

import calendar
import io
import json
import struct
import sys
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}
DAYS = {"daily": 1, "weekly": 7}


def zone_of(changes):
    """A ZoneInfo from a file as RFC 8536 describes it: an empty first part, then 64-bit times."""
    offsets = sorted({offset for _, offset in changes})
    times = [instant for instant, _ in changes[1:]]
    types = [offsets.index(offset) for _, offset in changes[1:]]
    # Before the first change the first type is in force, so it comes twice if need be.
    offsets.insert(0, changes[0][1])
    header = b"TZif2" + bytes(15)
    data = header + struct.pack(">6l", 0, 0, 0, 0, 0, 0)
    data += header + struct.pack(">6l", 0, 0, 0, len(times), len(offsets), 4)
    data += struct.pack(f">{len(times)}q{len(times)}B", *times, *(index + 1 for index in types))
    data += b"".join(struct.pack(">lBB", offset, 0, 0) for offset in offsets)
    data += b"LCL\0\n\n"
    return ZoneInfo.from_file(io.BytesIO(data))


def anchor_of(text, zone):
    if len(text) == len("2026-01-31"):
        midnight = datetime.combine(date.fromisoformat(text), datetime.min.time(), tzinfo=zone)
        return midnight.astimezone(timezone.utc)
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)


def later(local, billing_period, steps):
    """The local date moves; the time of day stays."""
    if billing_period in DAYS:
        return local + timedelta(days=DAYS[billing_period] * steps)
    month = local.year * 12 + local.month - 1 + MONTHS[billing_period] * steps
    year, month = month // 12, month % 12 + 1
    return local.replace(year=year, month=month, day=min(local.day, calendar.monthrange(year, month)[1]))


def boundaries(case, zone):
    anchor = anchor_of(case["anchor"], zone)
    local = anchor.astimezone(zone).replace(tzinfo=None)
    found = [anchor]
    steps = 0
    while len(found) <= case["count"]:
        steps += case["interval_count"]
        try:
            instant = later(local, case["billing_period"], steps).replace(tzinfo=zone, fold=0).astimezone(timezone.utc)
        except (ValueError, OverflowError):
            break  # Python's years end with 9999.
        if instant > found[-1]:
            found.append(instant)
    return [text_of(instant) for instant in found]


def text_of(instant):
    """UTC with Z; a fraction only where there is one, of three digits if they suffice."""
    text = instant.replace(tzinfo=None).isoformat(timespec="microseconds")
    whole, fraction = text.split(".")
    if fraction == "000000":
        return f"{whole}Z"
    return f"{whole}.{fraction[:3] if fraction.endswith('000') else fraction}Z"


def main():
    given = json.load(sys.stdin)
    zones = {name: zone_of(changes) for name, changes in given["zones"].items()}
    json.dump([boundaries(case, zones[case["zone"]]) for case in given["cases"]], sys.stdout)


if __name__ == "__main__":
    main()
