"""What stands on an invoice: its lines, what they draw, subtotal, taxes and total (billing rules 4 to 7)."""

from collections import defaultdict
from fractions import Fraction

from draws import allowed_credits, draw, may_cover, stretches
from exact import money
from life import KINDS, in_ranges, micros
from pricing import credit_use, price
from usage import events_of, measure, within

ZERO = Fraction(0)


class Document:
    def __init__(self, life, invoice):
        self.life = life
        self.invoice = invoice
        self.currency = invoice["currency"]
        self.lines = []
        self.drawn = defaultdict(Fraction)
        self.left = life.balances(invoice)
        self.grants = [life.grants[grant_id] for grant_id in self.left]
        self.cutoff = int(invoice["usage_cutoff_seq"])
        self.own = life.periods[(invoice["subscription_id"], invoice["period_number"])]
        kind = invoice["kind"]
        if kind == "closing":
            following = life.periods.get((self.own.subscription_id, self.own.number + 1))
            if following is not None and following.continues:
                self.advance_flats(following)
        self.ahead, self.lines = self.lines, []
        late = self.late_ranges()
        for period in self.late_periods(late):
            self.late_lines(period, late)
        late_lines, self.lines = self.lines, []
        if kind in ("closing", "interim"):
            self.usage_and_flats(is_interim=kind == "interim")
        if kind == "opening":
            self.advance_flats(self.own)
        self.lines += self.ahead + late_lines

    # The invoice's own period

    def usage_and_flats(self, is_interim):
        period = self.own
        end = micros(self.invoice["period_end"])
        before = self.life.draws(self.invoice, period, self.is_of_own if is_interim else lambda entry, by: True)
        for (grant_id, _), units in before.items():
            self.left[grant_id] += units
        drawn = {}
        for charge in self.life.plan_of(period)["charges"]:
            if charge["pricing_model"] == "flat":
                if not is_interim:
                    self.flat(charge, period)
                continue
            events = self.events(charge, period.start, end, lambda event: event["seq"] <= self.cutoff)
            count, units, _ = measure(charge, events)
            units = max(units, ZERO)
            cover = stretches(charge, events, self.covering(charge), period.start, end)
            taken = draw(charge, cover, allowed_credits(charge, units), self.left)
            drawn.update({(grant_id, charge["id"]): credits for grant_id, credits in taken.items()})
            billed = self.billed(period, charge["id"], ("usage", "flat", "late_usage"))
            line = self.usage_line(charge, period, (count, units, sum(taken.values(), ZERO)), is_interim)
            line = self.billing(line, billed)
            if not is_interim or line["amount"] or count:
                self.lines.append(line)
        if not is_interim:
            self.plan_minimum(period, self.lines, "minimum")
        for key in {*before, *drawn}:
            self.drawn[(*key, period.number)] += drawn.get(key, ZERO) - before.get(key, ZERO)

    def is_of_own(self, entry, by):
        """Late usage lies behind the part that an interim bills, and keeps what covers it."""
        return by["period_number"] == self.own.number and by["kind"] != "late"

    def covering(self, charge):
        return [grant for grant in self.grants if may_cover(grant, charge, self.invoice["subscription_id"])]

    def events(self, charge, start, end, counted):
        return within(events_of(charge, self.life.events, counted), start, end)

    def usage_line(self, charge, period, usage, is_interim=False):
        """Without what was billed before."""
        count, units, credited = usage
        quantity = units * credit_use(charge)[0]
        billable = max(quantity - credited, ZERO)
        amount, tiers = price(charge, billable)
        minimum, maximum = charge["minimum_amount"], charge["maximum_amount"]
        if minimum is not None and not is_interim:
            amount = max(amount, share(Fraction(minimum), period))
        if maximum is not None:
            amount = min(amount, Fraction(maximum) if is_interim else most(Fraction(maximum), period))
        return {
            **blank("usage", period, charge["id"]),
            "event_count": count,
            "quantity": quantity,
            "usage_quantity": units,
            "credited_quantity": credited,
            "billable_quantity": billable,
            "amount_unrounded": amount,
            "tiers": tiers,
        }

    def flat(self, charge, period):
        if charge["bill_in"] == "advance":
            return self.returned(charge, period)
        amount = share(Fraction(charge["amount"]), period, nothing=None)
        if amount is None:
            return None
        used = self.uses(charge, period, lambda event: event["seq"] <= self.cutoff)
        if charge["charge_when"] == "used" and not used:
            return None
        line = {**blank("flat", period, charge["id"]), "event_count": used, "amount_unrounded": amount}
        self.lines.append(self.billing(line, self.billed(period, charge["id"], ("usage", "flat", "late_usage"))))

    def uses(self, charge, period, counted):
        """How many events a flat with an event name had; None without one."""
        if charge["event_name"] is None:
            return None
        return len(self.events(charge, period.start, period.end, counted))

    def returned(self, charge, period):
        """The unused part of what live invoices billed in advance."""
        billed = self.life.billed(self.invoice, period, charge["id"], ("flat",), waived_kinds=())
        unused = billed * unused_part(period)
        given_back = self.billed(period, charge["id"], ("proration",))
        if unused or given_back:
            line = {**blank("proration", period, charge["id"]), "amount_unrounded": -unused}
            self.lines.append(self.billing(line, given_back))

    def advance_flats(self, period):
        for charge in self.life.plan_of(period)["charges"]:
            if charge["pricing_model"] != "flat" or charge["bill_in"] != "advance" or period.proration == "none":
                continue
            part = Fraction(period.full_end - period.start, period.full_end - period.full_start)
            amount = Fraction(charge["amount"]) * part
            line = {**blank("flat", period, charge["id"]), "amount_unrounded": amount}
            self.lines.append(self.billing(line, self.billed(period, charge["id"], ("flat",))))

    def plan_minimum(self, period, lines, kind):
        minimum = self.life.plan_of(period)["minimum_amount"]
        before = self.billed(period, None, ("minimum", "late_usage"))
        if minimum is None and not before:
            return
        others = ("flat", "usage", "late_usage", "proration")
        rest = self.billed(period, "any", others, asked=("flat",)) - self.billed(period, None, ("late_usage",))
        rest -= self.waived_behind_cut(period)
        rest += sum((line["amount"] for line in lines if line["period_number"] == period.number), ZERO)
        missing = max(share(Fraction(minimum or 0), period) - rest, ZERO)
        line = self.billing({**blank(kind, period, None), "amount_unrounded": missing}, before)
        if line["amount"] or (kind == "minimum" and before):
            self.lines.append(line)

    def waived_behind_cut(self, period):
        """What of waived advance flats would have been returned, whether a waived invoice returned it or not."""
        behind = ZERO
        for charge in self.life.plan_of(period)["charges"]:
            if charge["pricing_model"] != "flat" or charge["bill_in"] != "advance":
                continue
            flat, returned = (
                self.billed(period, charge["id"], (kind,), asked=("flat",))
                - self.life.billed(self.invoice, period, charge["id"], (kind,), waived_kinds=())
                for kind in ("flat", "proration")
            )
            if flat:
                behind += money(flat * unused_part(period), self.currency) + returned
        return behind

    # Late usage of periods closed before

    def late_ranges(self):
        """Whether an event is late for this invoice: it came after those that earlier ones counted."""
        invoice = self.invoice
        if invoice["kind"] not in ("closing", "late"):
            return lambda event: False
        cutoffs = [
            int(other["usage_cutoff_seq"])
            for other in self.life.earlier(invoice) + self.life.drafts_waived_before(invoice)
            if other["kind"] in ("closing", "late") and other["usage_cutoff_seq"] is not None
        ]
        if not cutoffs:
            return lambda event: False
        again = lambda seq: False
        for other in self.life.invoices:
            if other["id"] == invoice["replaces"] and other["late_seqs"] is not None:
                again = in_ranges(other["late_seqs"])
        return lambda event: max(cutoffs) < event["seq"] <= self.cutoff or again(event["seq"])

    def late_periods(self, late):
        closed = {other["period_number"] for other in self.life.earlier(self.invoice) if other["kind"] == "closing"}
        own = {self.own.number} if self.invoice["kind"] == "closing" else set()
        for number in sorted(closed - own):
            period = self.life.periods[(self.own.subscription_id, number)]
            if any(late(event) for event in within(self.life.events, period.start, period.end)):
                yield period

    def late_lines(self, period, late):
        """Rated with and without the late events; earlier draws stay, the extra quantity draws."""
        # A waived invoice's usage stays covered as it was.
        stays = lambda entry, by: not (by is not None and by["waived"] and entry["source"].startswith("void:"))
        drawn = self.life.draws(self.invoice, period, stays)
        known = lambda event: event["seq"] <= self.cutoff
        before = lambda event: known(event) and not late(event)
        lines = []
        for charge in self.life.plan_of(period)["charges"]:
            if charge["pricing_model"] == "flat":
                line = self.late_flat(charge, period, (before, known))
            else:
                line = self.late_usage(charge, period, {"sets": (before, known), "drawn": drawn})
            if line is not None:
                lines.append(line)
        self.lines += lines
        self.plan_minimum(period, lines + self.ahead, "late_usage")

    def late_usage(self, charge, period, of):
        rated = []
        for counted in of["sets"]:
            events = self.events(charge, period.start, period.end, counted)
            count, units, unusable = measure(charge, events)
            cover = stretches(charge, events, self.covering(charge), period.start, period.end)
            rated.append((count, max(units, ZERO), unusable, cover))
        without, whole = rated
        earlier = sum((units for key, units in of["drawn"].items() if key[1] == charge["id"]), ZERO)
        extra = [(grants, units - was) for (grants, units), (_, was) in zip(whole[3], without[3])]
        taken = draw(charge, extra, allowed_credits(charge, whole[1]) - earlier, self.left)
        for grant_id, credits in taken.items():
            self.drawn[(grant_id, charge["id"], period.number)] += credits
        old = self.usage_line(charge, period, (without[0], without[1], earlier))
        new = self.usage_line(charge, period, (whole[0], whole[1], earlier + sum(taken.values(), ZERO)))
        line = self.billing(new, self.billed(period, charge["id"], ("usage", "flat", "late_usage")))
        line["kind"] = "late_usage"
        line["difference"] = line["amount_rounded"] - money(old["amount_unrounded"], self.currency)
        changed = line["amount"] or whole[0] != without[0] or whole[2] != without[2]
        return line if changed else None

    def late_flat(self, charge, period, sets):
        if charge["bill_in"] == "advance":
            return None
        amount = share(Fraction(charge["amount"]), period, nothing=None)
        used = self.uses(charge, period, sets[1])
        if amount is None or (charge["charge_when"] == "used" and not used):
            return None
        line = {**blank("late_usage", period, charge["id"]), "event_count": used, "amount_unrounded": amount}
        line = self.billing(line, self.billed(period, charge["id"], ("usage", "flat", "late_usage")))
        return line if line["amount"] else None

    # Amounts

    def billed(self, period, charge_id, kinds, asked=()):
        """
        A reissue bills again what was waived; elsewhere, and for the kinds `asked` of a closing one's own period, that
        counts as billed; of earlier periods always.
        """
        again = self.invoice["replaces"] is not None and period.number >= self.own.number
        waived_kinds = KINDS if not again else asked if self.invoice["kind"] == "closing" else ()
        return self.life.billed(self.invoice, period, charge_id, kinds, waived_kinds)

    def billing(self, line, before):
        line["amount_rounded"] = money(line["amount_unrounded"], self.currency)
        line["previously_billed"] = before
        line["amount"] = line["amount_rounded"] - before
        return line

    def subtotal(self):
        return sum((line["amount"] for line in self.lines), ZERO)

    def taxes(self):
        """[(rate's id, taxable, amount)], tax total and total."""
        rates = self.life.tax_rates
        subtotal = self.subtotal()
        if not rates:
            return [], ZERO, subtotal
        inclusive = rates[0][2]
        base = 100 + sum(rate for _, rate, _ in rates) if inclusive else 100
        amounts = [money(subtotal * rate / base, self.currency) for _, rate, _ in rates]
        taken = sum(amounts, ZERO)
        taxable = subtotal - taken if inclusive else subtotal
        rows = [(rate_id, taxable, amount) for (rate_id, _, _), amount in zip(rates, amounts)]
        return rows, taken, subtotal if inclusive else subtotal + taken


    def balance_applied(self):
        total = self.taxes()[2]
        return min(max(total, ZERO), self.life.balance(self.invoice))


def blank(kind, period, charge_id):
    return {
        "kind": kind,
        "period_number": period.number,
        "charge_id": charge_id,
        "event_count": None,
        "quantity": None,
        "usage_quantity": None,
        "credited_quantity": None,
        "billable_quantity": None,
        "tiers": [],
    }


def elapsed(period):
    return Fraction(period.end - period.start, period.full_end - period.full_start)


def share(amount, period, nothing=ZERO):
    """A flat or a minimum of a period that may be cut."""
    if period.start == period.end or period.proration == "none":
        return nothing
    return amount if period.proration == "whole" else amount * elapsed(period)


def unused_part(period):
    """Of an amount billed in advance; a flat that is billed in full all the same has none."""
    whole = period.proration == "whole" and period.start < period.end
    return ZERO if whole else Fraction(period.full_end - period.end, period.full_end - period.start)


def most(maximum, period):
    """A maximum is whole unless the cut goes by time, as that of a period without length always does."""
    if period.start == period.end or period.proration == "by_time":
        return maximum * elapsed(period)
    return maximum
