import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Decimal, decimal, type DecimalText, sumOf, ZERO } from '../../../src/domain/decimal.ts';
import {
  type ComputedNote,
  computeCreditNote,
  type CreditableInvoice,
  type CreditableTax,
} from '../../../src/domain/invoicing/credit-note.ts';
import { computeTaxes } from '../../../src/domain/invoicing/tax.ts';
import { formatMoney } from '../../../src/domain/money.ts';

type Invoice = CreditableInvoice<CreditableTax> & { readonly total: Decimal };
interface Terms {
  readonly rates?: readonly string[];
  readonly inclusive?: boolean;
  readonly paid?: string;
  readonly currency?: string;
}

/** An invoice with these lines, nothing credited yet; its lines are `il_0`, `il_1` and so on. */
function invoice(amounts: readonly string[], terms: Terms = {}): Invoice {
  const { rates = [], inclusive = false, paid = '0', currency = 'USD' } = terms;
  const subtotal = sumOf(amounts.map(decimal));
  const document = computeTaxes({
    subtotal,
    currency,
    rates: rates.map((percentage) => ({
      id: percentage,
      name: 'VAT',
      percentage: percentage as DecimalText,
      inclusive,
    })),
  });
  return {
    currency,
    subtotal,
    total: document.total,
    amountCredited: ZERO,
    amountPaid: decimal(paid),
    amountDue: document.total.lessThan(ZERO) ? ZERO : document.total.minus(decimal(paid)),
    lines: amounts.map((amount, index) => ({
      id: `il_${index}`,
      description: `line ${index}`,
      amount: decimal(amount),
      credited: ZERO,
    })),
    taxes: document.taxes.map(({ taxRateId, amount }) => ({ taxRateId, inclusive, amount, credited: ZERO })),
  };
}

type Request = readonly (readonly [line: number, amount: string | null])[] | null;

function credit(of: Invoice, request: Request) {
  const lines = request?.map(([line, amount]) => ({
    lineId: `il_${line}`,
    amount: amount === null ? null : decimal(amount),
  }));
  return computeCreditNote(of, lines ?? null);
}

function noteOf(of: Invoice, request: Request): ComputedNote<CreditableTax> {
  const outcome = credit(of, request);
  if (outcome.kind !== 'note') throw new Error(JSON.stringify(outcome));
  return outcome.note;
}

/** The invoice once the note is issued. */
function after(of: Invoice, note: ComputedNote<CreditableTax>): Invoice {
  const ofLine = new Map(note.lines.map(({ lineId, amount }) => [lineId, amount]));
  return {
    ...of,
    amountCredited: note.invoice.amountCredited,
    amountDue: note.invoice.amountDue,
    lines: of.lines.map((line) => ({ ...line, credited: line.credited.plus(ofLine.get(line.id) ?? ZERO) })),
    taxes: of.taxes.map((tax, index) => ({ ...tax, credited: tax.credited.plus(note.taxes[index]?.amount ?? ZERO) })),
  };
}

function told(of: Invoice, note: ComputedNote<CreditableTax>) {
  const text = (amount: Decimal) => formatMoney(amount, of.currency);
  return {
    lines: note.lines.map(({ lineId, amount }) => [lineId, text(amount)]),
    taxes: note.taxes.map(({ taxable, amount }) => [text(taxable), text(amount)]),
    amounts: [note.subtotal, note.taxTotal, note.total].map(text),
    effect: [note.appliedToInvoice, note.toBalance, note.invoice.amountDue].map(text),
    states: [note.invoice.status, note.invoice.paymentStatus],
  };
}

function faultsOf(of: Invoice, request: Request) {
  const outcome = credit(of, request);
  return outcome.kind === 'refused' ? outcome.faults.map(({ param, code }) => [param, code]) : outcome.kind;
}

describe('a credit note', () => {
  test('of a whole unpaid invoice leaves nothing due, and no payment was required', () => {
    const whole = invoice(['10.00', '5.00'], { rates: ['20'] });
    expect(told(whole, noteOf(whole, null))).toEqual({
      lines: [
        ['il_0', '10.00'],
        ['il_1', '5.00'],
      ],
      taxes: [['15.00', '3.00']],
      amounts: ['15.00', '3.00', '18.00'],
      effect: ['18.00', '0.00', '0.00'],
      states: ['paid', 'not_required'],
    });
  });

  test('first lowers what is due; the rest becomes balance', () => {
    const partly = invoice(['20.00'], { paid: '15.00' });
    expect(told(partly, noteOf(partly, [[0, '8.00']]))).toMatchObject({
      effect: ['5.00', '3.00', '0.00'],
      states: ['paid', 'paid'],
    });
    const paid = invoice(['20.00'], { paid: '20.00' });
    expect(told(paid, noteOf(paid, [[0, '8.00']]))).toMatchObject({ effect: ['0.00', '8.00', '0.00'] });
    const unpaid = invoice(['20.00']);
    expect(told(unpaid, noteOf(unpaid, [[0, '8.00']]))).toMatchObject({
      effect: ['8.00', '0.00', '12.00'],
      states: ['open', 'unpaid'],
    });
  });

  test('of a line takes what is left of it unless an amount is given', () => {
    const before = invoice(['10.00', '5.00']);
    const left = after(before, noteOf(before, [[0, '3.33']]));
    expect(told(left, noteOf(left, [[0, null]])).lines).toEqual([['il_0', '6.67']]);
  });

  test('with inclusive taxes takes gross amounts of which the taxes are a part', () => {
    const gross = invoice(['12.00'], { rates: ['20'], inclusive: true });
    expect(told(gross, noteOf(gross, [[0, '6.00']]))).toMatchObject({
      taxes: [['5.00', '1.00']],
      amounts: ['6.00', '1.00', '6.00'],
    });
  });

  test("in thirds shares the cents of tax out so that they add up to the invoice's", () => {
    let left = invoice(['3.00'], { rates: ['3.333'] });
    const taxes = [];
    for (const part of ['1.00', '1.00', '1.00']) {
      const note = noteOf(left, [[0, part]]);
      taxes.push(note.taxTotal.toFixed(2));
      left = after(left, note);
    }
    expect(taxes).toEqual(['0.03', '0.04', '0.03']);
  });

  test('of the rest takes negative lines with it, which no note takes by itself', () => {
    const mixed = invoice(['10.00', '-4.00', '0.00']);
    expect(told(mixed, noteOf(mixed, null))).toMatchObject({
      lines: [
        ['il_0', '10.00'],
        ['il_1', '-4.00'],
      ],
      amounts: ['6.00', '0.00', '6.00'],
    });
    expect(
      faultsOf(mixed, [
        [1, null],
        [2, null],
      ]),
    ).toEqual([
      ['lines[0].line_id', 'line_not_creditable'],
      ['lines[1].line_id', 'line_not_creditable'],
    ]);
  });

  test.each([
    ['more than a line', [[0, '10.01']], [['lines[0].amount', 'credit_exceeds_line']]],
    ['more than negative lines left of the invoice', [[0, '6.01']], [['lines', 'credit_exceeds_invoice']]],
    ['a part of a cent', [[0, '0.001']], [['lines[0].amount', 'invalid_value']]],
    ['nothing', [[0, '0']], [['lines[0].amount', 'credit_exceeds_line']]],
    ['a line that it does not have', [[7, '1']], [['lines[0].line_id', 'unknown_name']]],
    [
      'a line twice',
      [
        [0, '1'],
        [0, '1'],
      ],
      [['lines[1].line_id', 'duplicate']],
    ],
  ] as const)('of %s is refused with the path', (_, request, faults) => {
    expect(faultsOf(invoice(['10.00', '-4.00']), request)).toEqual(faults);
  });

  test('is refused for a line of which nothing is left, and for an invoice of which nothing is left', () => {
    const before = invoice(['10.00', '5.00']);
    const left = after(before, noteOf(before, [[0, null]]));
    expect(faultsOf(left, [[0, null]])).toEqual([['lines[0].amount', 'credit_exceeds_line']]);
    const gone = after(left, noteOf(left, null));
    expect([faultsOf(gone, null), faultsOf(gone, [[1, '1']])]).toEqual(['nothing_left', 'nothing_left']);
    expect(faultsOf(invoice(['-4.00']), null)).toBe('nothing_left');
    expect(faultsOf(invoice(['0.00']), null)).toBe('nothing_left');
    // Positive lines took all that negative ones left.
    const mixed = invoice(['10.00', '-4.00']);
    expect(faultsOf(after(mixed, noteOf(mixed, [[0, '6.00']])), null)).toBe('nothing_left');
  });

  const cents = fc.integer({ min: -5_000, max: 20_000 }).map((amount) => decimal((amount / 100).toFixed(2)).toFixed(2));
  const rates = fc.subarray(['20', '5.5', '0', '7.125', '3.333']);

  test('after credit note adds up to the invoice and its tax rows exactly, however it is taken apart', () => {
    const shares = fc.array(fc.tuple(fc.nat({ max: 5 }), fc.integer({ min: 1, max: 100 })), { maxLength: 10 });
    const paid = fc.integer({ min: 0, max: 100 });
    fc.assert(
      fc.property(
        fc.array(cents, { minLength: 1, maxLength: 6 }),
        rates,
        fc.boolean(),
        shares,
        paid,
        (amounts, percentages, inclusive, parts, paidShare) => {
          const terms = { rates: percentages, inclusive };
          const unpaid = invoice(amounts, terms);
          if (!unpaid.subtotal.greaterThan(ZERO)) return;
          const share = unpaid.total.times(decimal(String(paidShare / 100))).toDecimalPlaces(2);
          const before = invoice(amounts, { ...terms, paid: share.toFixed(2) });
          let left = before;
          const notes: ComputedNote<CreditableTax>[] = [];
          const take = (request: Request) => {
            const outcome = credit(left, request);
            if (outcome.kind !== 'note') return;
            notes.push(outcome.note);
            left = after(left, outcome.note);
          };
          for (const [line, percent] of parts) {
            const amount = left.lines[line]?.amount.times(decimal(String(percent / 100))).toDecimalPlaces(2);
            if (amount !== undefined) take([[line, amount.toFixed(2)]]);
          }
          for (const note of notes) expect(note.taxes.every(({ amount }) => !amount.lessThan(ZERO))).toBe(true);
          take(null);
          const sum = (pick: (note: ComputedNote<CreditableTax>) => Decimal) => sumOf(notes.map(pick)).toFixed(2);
          expect(sum((note) => note.total)).toBe(before.total.toFixed(2));
          expect(sum((note) => note.subtotal)).toBe(before.subtotal.toFixed(2));
          before.taxes.forEach((tax, index) => {
            expect(sum((note) => note.taxes[index]?.amount ?? ZERO)).toBe(tax.amount.toFixed(2));
          });
          // All that was due is credited, all that was paid is balance.
          expect(sum((note) => note.toBalance)).toBe(before.amountPaid.toFixed(2));
          expect([left.amountDue.toFixed(2), left.amountCredited.toFixed(2)]).toEqual([
            '0.00',
            before.amountDue.toFixed(2),
          ]);
          for (const note of notes) {
            expect(note.total.greaterThan(ZERO)).toBe(true);
            expect(note.appliedToInvoice.plus(note.toBalance).equals(note.total)).toBe(true);
            for (const { taxable } of note.taxes) expect(taxable.plus(note.taxTotal).equals(note.total)).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
