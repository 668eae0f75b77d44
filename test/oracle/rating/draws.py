"""What grants cover of a charge's usage, by when it was used (billing rules 5)."""

from fractions import Fraction

from pricing import credit_use
from usage import CUTTABLE, measure, within

FOREVER = float("inf")


def end_of(grant):
    return FOREVER if grant["ends_at"] is None else grant["ends_at"]


def in_order(grants):
    return sorted(
        grants,
        key=lambda grant: (
            grant["priority"],
            end_of(grant),
            grant["event_names"] is None and grant["subscription_id"] is None,
            grant["created_at"],
            grant["id"],
        ),
    )


def may_cover(grant, charge, subscription_id):
    return (grant["event_names"] is None or charge["event_name"] in grant["event_names"]) and (
        grant["subscription_id"] in (None, subscription_id)
    )


def stretches(charge, events, grants, start, end):
    """[(grants in force, signed units)] in time order. What can't be cut goes by the period's last instant."""
    if charge["aggregation"]["type"] not in CUTTABLE:
        last = [grant for grant in grants if grant["effective_at"] <= end - 1 < end_of(grant)] if start < end else []
        return [(last, measure(charge, within(events, start, end))[1])]
    changes = {instant for grant in grants for instant in (grant["effective_at"], end_of(grant))}
    cuts = [start, *sorted(instant for instant in changes if start < instant < end), end]
    found = []
    for low, high in zip(cuts, cuts[1:]):
        grants_then = [grant for grant in grants if grant["effective_at"] <= low and high <= end_of(grant)]
        units = measure(charge, within(events, low, high))[1]
        if found and found[-1][0] == grants_then:
            units += found.pop()[1]
        found.append((grants_then, units))
    return found


def allowed_credits(charge, units):
    """The most that a period with these units draws for a charge."""
    per_unit, free = credit_use(charge)
    return max(units - free, Fraction(0)) * per_unit


def draw(charge, cover, allowed, pool):
    """Takes from the pool {grant id: credits left} what the stretches in `cover` use: {grant id: credits}."""
    per_unit, _ = credit_use(charge)
    drawn = {}
    for grants, used in cover:
        wanted = min(max(used, Fraction(0)) * per_unit, max(allowed, Fraction(0)))
        for grant in in_order(grants):
            taken = min(wanted, pool[grant["id"]])
            if taken > 0:
                pool[grant["id"]] -= taken
                drawn[grant["id"]] = drawn.get(grant["id"], Fraction(0)) + taken
                wanted -= taken
                allowed -= taken
    return drawn
