#!/usr/bin/env python3
"""Rates every finalized invoice of one customer anew, apart from the product: no code of it is used.

Reads the customer's rows as JSON from standard input: events, plan_versions, periods, grants, entries, invoices with
their lines and taxes (see test/oracle/rate-again.ts). Writes a list of differences, each a text that names the
invoice, the line, the field, what the product says and what this says; [] where all agree.
"""

import json
import sys
from fractions import Fraction

from documents import Document
from life import Life, read

EXACT = ("event_count", "quantity", "usage_quantity", "credited_quantity", "billable_quantity", "previously_billed", "amount")


def fraction(value):
    return None if value is None else Fraction(value)


def shown(value):
    if value is None:
        return "null"
    if isinstance(value, Fraction) and value.denominator != 1:
        return f"{float(value)!r} ({value})"
    return str(value)


class Differences:
    def __init__(self):
        self.found = []

    def compare(self, where, product, oracle):
        if product != oracle:
            self.found.append(f"{where}: the product says {shown(product)}, the oracle {shown(oracle)}")


def compare_lines(differences, where, invoice, document):
    product = {}
    for line in invoice["lines"]:
        product[(line["kind"], line["period_number"], line["charge_id"])] = line
    oracle = {(line["kind"], line["period_number"], line["charge_id"]): line for line in document.lines}
    order = [(line["kind"], line["period_number"], line["charge_id"]) for line in document.lines]
    differences.compare(f"{where} lines", list(product), order)
    for key in order:
        if key not in product:
            continue
        place = f"{where} {key[0]} of {key[2]} for period {key[1]}"
        compare_line(differences, place, product[key], oracle[key])


def compare_line(differences, place, product, oracle):
    for field in EXACT:
        differences.compare(f"{place} {field}", fraction(product[field]), fraction(oracle[field]))
    if "difference" in oracle:
        differences.compare(f"{place} with and without", fraction(product["amount"]), oracle["difference"])
    unrounded = fraction(product["amount_unrounded"])
    # A quotient is kept to 40 digits behind the point.
    if abs(unrounded - oracle["amount_unrounded"]) > Fraction(1, 10**40):
        differences.compare(f"{place} amount_unrounded", unrounded, oracle["amount_unrounded"])
    tiers = [
        (
            fraction(tier["up_to"]),
            *(fraction(tier[field]) for field in ("quantity", "unit_amount", "flat_amount", "amount_unrounded")),
        )
        for tier in product["tiers"]
    ]
    differences.compare(f"{place} tiers", tiers, [(fraction(tier[0]), *tier[1:]) for tier in oracle["tiers"]])


def compare_totals(differences, where, invoice, document):
    rows, taken, total = document.taxes()
    product = [(row["tax_rate_id"], fraction(row["taxable"]), fraction(row["amount"])) for row in invoice["taxes"]]
    differences.compare(f"{where} taxes", product, rows)
    for field, value in (("subtotal", document.subtotal()), ("tax_total", taken), ("total", total)):
        differences.compare(f"{where} {field}", fraction(invoice[field]), value)
    # A void gave it back, so only then is it another.
    if invoice["status"] != "void":
        differences.compare(f"{where} balance_applied", fraction(invoice["balance_applied"]), document.balance_applied())


def main():
    life = Life(read(sys.stdin.read()))
    differences = Differences()
    for invoice in life.invoices:
        where = f"{invoice['number']} ({invoice['kind']} {invoice['sequence']} of period {invoice['period_number']})"
        document = Document(life, invoice)
        compare_lines(differences, where, invoice, document)
        compare_totals(differences, where, invoice, document)
        drawn = {key: units for key, units in document.drawn.items() if units}
        differences.compare(f"{where} draws", life.ledger_of(invoice), drawn)
    json.dump(differences.found, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
