"""Exact numbers: every quantity and amount is a fraction; nothing is rounded but where a rule says so."""

import re
from decimal import Decimal
from fractions import Fraction

CURRENCY_DIGITS = {"JPY": 0, "USD": 2, "EUR": 2, "KWD": 3, "CLF": 4}

PLAIN_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?\Z", re.ASCII)


def rounded(value, digits):
    """Half up, away from zero."""
    scaled = abs(value) * 10**digits + Fraction(1, 2)
    whole = scaled.numerator // scaled.denominator
    return Fraction(whole if value >= 0 else -whole, 10**digits)


def money(value, currency):
    return rounded(value, CURRENCY_DIGITS[currency])


def metered_number(value):
    """A property's number, or None: of at most 30 integer and 30 fraction digits; texts only in plain notation."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        if PLAIN_NUMBER.match(value) is None:
            return None
        number = Fraction(value)
    elif isinstance(value, Decimal):
        number = Fraction(value)
    else:
        return None
    fits = abs(number) < 10**30 and (number * 10**30).denominator == 1
    return number if fits else None


def plain(number):
    """A Decimal in plain notation without zeros at the end."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def canonical_text(value):
    """How a property's value is compared with a filter's; None for an object, a list."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return plain(value) if isinstance(value, Decimal) else None


def canonical_json(value):
    """A key by which equal JSON values are equal: order of members and notation of numbers are nothing."""
    if isinstance(value, dict):
        return ("object", tuple(sorted((name, canonical_json(each)) for name, each in value.items())))
    if isinstance(value, list):
        return ("list", tuple(canonical_json(each) for each in value))
    if isinstance(value, Decimal):
        return ("number", str(Fraction(value)))
    if isinstance(value, str):
        return ("text", value)
    return ("literal", str(value))
