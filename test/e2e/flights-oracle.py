#!/usr/bin/env python3
"""What the flights of January to March 2001 cost, computed apart from the product: no code of it is used.

    python3 flights-oracle.py FLIGHTS.json [--tiers 100,1000]

Each origin airport is a customer with a monthly plan in USD from 2001-01-01 (UTC), of three charges:

    flat        25.00 a month, also in a month without flights
    graduated   on the number of flights: 0.50 each up to the first bound, then 0.30 each up to the second and 2.00
                once on entering, above it 0.10 each
    per_unit    0.0125 for each unit of the sum of distance

Prints {customer: {month: {"lines": {...}, "total": "..."}}}. A line is rounded half up, away from zero, to cents;
rounded lines add up. All numbers are fractions, so nothing is rounded on the way.
"""

import json
import sys
from collections import defaultdict
from fractions import Fraction

MONTHS = ["2001-01", "2001-02", "2001-03"]
FLAT = Fraction("25.00")
PRICES = [(Fraction("0.50"), Fraction(0)), (Fraction("0.30"), Fraction("2")), (Fraction("0.10"), Fraction(0))]
PER_DISTANCE = Fraction("0.0125")


def cents(amount):
    """Half up, away from zero, as text with two digits."""
    sign = "-" if amount < 0 else ""
    whole = int(abs(amount) * 100 + Fraction(1, 2))
    return f"{sign}{whole // 100}.{whole % 100:02d}"


def graduated(quantity, bounds):
    """(previous bound, bound] is a tier; its flat is due once as soon as the quantity enters it."""
    total = Fraction(0)
    for index, (unit, flat) in enumerate(PRICES):
        low = Fraction(0) if index == 0 else bounds[index - 1]
        high = bounds[index] if index < len(bounds) else quantity
        if quantity > low:
            total += (min(quantity, high) - low) * unit + flat
    return total


def month_of(flight):
    """`2001/01/31 23:59` is UTC, so its month is in its text."""
    year, month, _ = flight["date"].split(" ")[0].split("/")
    return f"{year}-{month}"


def main(path, bounds):
    with open(path, encoding="utf-8") as file:
        flights = json.load(file, parse_float=Fraction, parse_int=Fraction)
    count = defaultdict(Fraction)
    distance = defaultdict(Fraction)
    for flight in flights:
        key = (flight["origin"], month_of(flight))
        if key[1] not in MONTHS:
            raise SystemExit(f"a flight outside January to March 2001: {flight}")
        count[key] += 1
        distance[key] += flight["distance"]
    invoices = {}
    for origin in sorted({origin for origin, _ in count}):
        invoices[origin] = {}
        for month in MONTHS:
            key = (origin, month)
            amounts = {
                "flat": FLAT,
                "graduated": graduated(count[key], bounds),
                "per_unit": distance[key] * PER_DISTANCE,
            }
            lines = {
                "flat": {"amount": cents(amounts["flat"])},
                "graduated": {"quantity": str(count[key]), "amount": cents(amounts["graduated"])},
                "per_unit": {"quantity": str(distance[key]), "amount": cents(amounts["per_unit"])},
            }
            total = sum(Fraction(line["amount"]) for line in lines.values())
            invoices[origin][month] = {"lines": lines, "total": cents(total)}
    json.dump(invoices, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    if len(sys.argv) not in (2, 4) or (len(sys.argv) == 4 and sys.argv[2] != "--tiers"):
        raise SystemExit(__doc__)
    tiers = sys.argv[3] if len(sys.argv) == 4 else "100,1000"
    main(sys.argv[1], [Fraction(bound) for bound in tiers.split(",")])
