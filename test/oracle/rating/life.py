"""One customer's account as the database tells it, and what was known when each of its invoices became final."""

import json
import re
from collections import defaultdict
from datetime import datetime, timezone
from decimal import Decimal
from fractions import Fraction

INSTANT = re.compile(r"(\d{4,}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00:00\Z")
RANGE = re.compile(r"([\[(])(\d*),(\d*)([\])])")

KINDS = ("flat", "usage", "minimum", "proration", "late_usage")


def read(text):
    """Numbers stay as they are written; instants are told from other texts by their form."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def micros(text):
    """Microseconds since 1970 of an instant in PostgreSQL's JSON."""
    if text is None:
        return None
    date, time, fraction = INSTANT.match(text).groups()
    seconds = datetime.strptime(f"{date} {time}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc).timestamp()
    return int(seconds) * 1_000_000 + int((fraction or "").ljust(6, "0"))


def in_ranges(text):
    """Whether a sequence number is in an int8multirange such as `{[3,8)}`, whose ranges include their lower ends only."""
    ranges = [(int(low or 0), int(high) if high else None) for _, low, high, _ in RANGE.findall(text)]
    return lambda seq: any(low <= seq and (high is None or seq < high) for low, high in ranges)


class Life:
    def __init__(self, dump):
        self.events = [
            {
                "name": event["event_name"],
                "at": micros(event["event_at"]),
                "key": event["idempotency_key"],
                "seq": int(event["seq"]),
                "properties": event["properties"],
            }
            for event in dump["events"]
        ]
        self.plans = {(plan["plan_id"], plan["version"]): plan for plan in dump["plan_versions"]}
        self.periods = {(each["subscription_id"], each["number"]): Period(each) for each in dump["periods"]}
        self.grants = {each["id"]: grant(each) for each in dump["grants"]}
        self.entries = dump["entries"]
        self.balance_entries = dump["balance_entries"]
        self.tax_rates = [(each["id"], Fraction(each["percentage"]), each["inclusive"]) for each in dump["tax_rates"]]
        self.invoices = sorted(
            (each for each in dump["invoices"] if each["number_seq"] is not None), key=lambda each: each["number_seq"]
        )

        self.by_id = {each["id"]: each for each in dump["invoices"]}
        self.waived_drafts = [each for each in dump["invoices"] if each["number_seq"] is None and each["waived"]]

    def plan_of(self, period):
        return self.plans[(period.plan_id, period.plan_version)]

    def earlier(self, invoice):
        return [
            other
            for other in self.invoices
            if other["subscription_id"] == invoice["subscription_id"] and other["number_seq"] < invoice["number_seq"]
        ]

    def is_live_before(self, other, invoice):
        return other["voided_after"] is None or other["voided_after"] >= invoice["number_seq"]

    def drafts_waived_before(self, invoice):
        return [
            draft
            for draft in self.waived_drafts
            if draft["subscription_id"] == invoice["subscription_id"]
            and draft["voided_after"] < invoice["number_seq"]
        ]

    def billed(self, invoice, period, charge_id, kinds, waived_kinds=KINDS):
        """
        What lines of these kinds have billed for a period by then: on live invoices, and lines of `waived_kinds` also on
        those that were waived.
        """
        lines = [(True, line) for draft in self.drafts_waived_before(invoice) for line in draft["lines"]]
        for other in self.earlier(invoice):
            is_live = self.is_live_before(other, invoice)
            if is_live or other["waived"]:
                lines += [(not is_live, line) for line in other["lines"]]
        return sum(
            (
                Fraction(line["amount"])
                for is_waived, line in lines
                if line["period_number"] == period.number
                and line["kind"] in kinds
                and (line["kind"] in waived_kinds or not is_waived)
                and charge_id in ("any", line["charge_id"])
            ),
            Fraction(0),
        )

    def known(self, entries, invoice):
        """
        A ledger as this invoice found it. Of its own transaction came before what a void in it gave back, and what the
        invoices wrote that were numbered before this one.
        """
        # One without lines has nothing to draw for.
        at = invoice["transaction"] or 0
        return [
            entry
            for entry in entries
            if entry["transaction"] < at or (entry["transaction"] == at and self.came_before(entry, invoice))
        ]

    def came_before(self, entry, invoice):
        if entry["source"].startswith("void:"):
            return True
        by = self.by_id.get(entry["invoice_id"])
        return by is not None and by["number_seq"] is not None and by["number_seq"] < invoice["number_seq"]

    def known_entries(self, invoice):
        return self.known(self.entries, invoice)

    def balance(self, invoice):
        """What the customer had in money."""
        entries = self.known(self.balance_entries, invoice)
        return sum((Fraction(entry["amount"]) for entry in entries), Fraction(0))

    def balances(self, invoice):
        """Units in each grant that there was."""
        left = defaultdict(Fraction)
        for entry in self.known_entries(invoice):
            left[entry["grant_id"]] += Fraction(entry["amount"])
        return left

    def draws(self, invoice, period, counts=lambda entry, by: True):
        """What a period had drawn, by grant and charge, as far as an entry and the invoice that wrote it count."""
        drawn = defaultdict(Fraction)
        for entry in self.known_entries(invoice):
            of = (entry["subscription_id"], entry["period_number"])
            if of == (invoice["subscription_id"], period.number) and counts(entry, self.by_id.get(entry["invoice_id"])):
                drawn[(entry["grant_id"], entry["charge_id"])] -= Fraction(entry["amount"])
        return drawn

    def ledger_of(self, invoice):
        """What the ledger says that this invoice drew, by grant, charge and period; given back is negative."""
        drawn = defaultdict(Fraction)
        for entry in self.entries:
            if entry["source"].startswith(f"invoice:{invoice['id']}:"):
                drawn[(entry["grant_id"], entry["charge_id"], entry["period_number"])] -= Fraction(entry["amount"])
        return {key: units for key, units in drawn.items() if units}


class Period:
    def __init__(self, row):
        self.subscription_id = row["subscription_id"]
        self.number = row["number"]
        self.start = micros(row["start_at"])
        self.end = micros(row["end_at"])
        self.full_start = micros(row["full_start_at"])
        self.full_end = micros(row["full_end_at"])
        self.proration = row["proration"]
        self.continues = row["continues"]
        self.plan_id = row["plan_id"]
        self.plan_version = row["plan_version"]


def grant(row):
    ends_at = micros(row["ends_at"])
    return {
        "id": row["id"],
        "effective_at": micros(row["effective_at"]),
        # Until its period is known, an expiry is the only bound there is.
        "ends_at": micros(row["expires_at"]) if ends_at is None else ends_at,
        "priority": row["priority"],
        "event_names": row["event_names"],
        "subscription_id": row["subscription_id"],
        "created_at": micros(row["created_at"]),
    }
