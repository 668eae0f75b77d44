"""What a quantity costs by each pricing model, unrounded (billing rules 4)."""

from fractions import Fraction


def price(charge, quantity):
    """(amount, [(up_to, quantity in the tier, unit_amount, flat_amount, amount)])"""
    model = charge["pricing_model"]
    if model == "flat":
        return Fraction(charge["amount"]), []
    if model in ("per_unit", "credit"):
        return quantity * Fraction(charge["unit_amount"]), []
    if model == "package":
        paid = max(quantity - Fraction(charge["free_units"]), Fraction(0))
        # The floor of the negative is the ceiling.
        begun = -(-paid // Fraction(charge["package_size"]))
        return begun * Fraction(charge["package_amount"]), []
    tiers = graduated(charge, quantity) if model == "graduated" else volume(charge, quantity)
    return sum((tier[4] for tier in tiers), Fraction(0)), tiers


def tiers_of(charge):
    """(low, high or None, tier): a tier covers (low, high]."""
    low = Fraction(0)
    for tier in charge["tiers"]:
        high = None if tier["up_to"] is None else Fraction(tier["up_to"])
        yield low, high, tier
        low = high


def part(tier, quantity):
    unit, flat = Fraction(tier["unit_amount"]), Fraction(tier["flat_amount"])
    return (tier["up_to"], quantity, unit, flat, quantity * unit + flat)


def graduated(charge, quantity):
    entered = [(low, high, tier) for low, high, tier in tiers_of(charge) if quantity > low]
    return [part(tier, (quantity if high is None else min(quantity, high)) - low) for low, high, tier in entered]


def volume(charge, quantity):
    held = [
        tier for low, high, tier in tiers_of(charge) if quantity > low and (high is None or quantity <= high)
    ]
    return [part(tier, quantity) for tier in held]


def credit_use(charge):
    """(credits that a unit draws, units of a period that draw none)"""
    model = charge["pricing_model"]
    if model == "credit":
        return Fraction(charge["credits_per_unit"]), Fraction(0)
    return Fraction(1), Fraction(charge["free_units"]) if model == "package" else Fraction(0)
