"""Which events a charge counts, and what quantity they come to (billing rules 3)."""

from fractions import Fraction

from exact import canonical_json, canonical_text, metered_number, rounded

CUTTABLE = ("count", "sum")


class Missing:
    """In place of a property that an event does not have; JSON's null is a value."""


def passes(event, filters):
    for name, accepted in filters.items():
        if name not in event["properties"]:
            return False
        text = canonical_text(event["properties"][name])
        if text is None or text not in accepted:
            return False
    return True


def events_of(charge, events, counted):
    """The events with the charge's name that pass its filters; `counted` says of an event whether it is known."""
    return [
        event
        for event in events
        if event["name"] == charge["event_name"] and counted(event) and passes(event, charge["filters"])
    ]


def within(events, start, end):
    return [event for event in events if start <= event["at"] < end]


def measure(charge, events):
    """(count of the events that count, signed quantity, how many had a value that can't be used)"""
    aggregation = charge["aggregation"]
    kind = aggregation["type"]
    if kind == "count":
        return len(events), Fraction(len(events)), 0
    valued = [(event, event["properties"].get(aggregation["property"], Missing)) for event in events]
    valued = [(event, value) for event, value in valued if value is not Missing]
    if kind == "unique_count":
        return len(valued), Fraction(len({canonical_json(value) for _, value in valued})), 0
    numbers = [(event, metered_number(value)) for event, value in valued]
    usable = [(event, number) for event, number in numbers if number is not None]
    return len(usable), aggregate(kind, usable), len(numbers) - len(usable)


def aggregate(kind, usable):
    if not usable:
        return Fraction(0)
    if kind == "max":
        return max(number for _, number in usable)
    if kind == "latest":
        return max(usable, key=lambda one: (one[0]["at"], one[0]["key"].encode()))[1]
    total = sum((number for _, number in usable), Fraction(0))
    return total if kind == "sum" else rounded(total / len(usable), 12)
