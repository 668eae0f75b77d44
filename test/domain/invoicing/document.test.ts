import { describe, expect, test } from '@jest/globals';
import { type Decimal, decimal, type DecimalText, decimalText } from '../../../src/domain/decimal.ts';
import type { InvoiceBasis, PeriodBasis } from '../../../src/domain/invoicing/basis.ts';
import { computeDocument, type InvoiceDocument } from '../../../src/domain/invoicing/document.ts';
import type { TaxRateTerms } from '../../../src/domain/invoicing/tax.ts';
import type { Charge } from '../../../src/domain/plan.ts';
import type { Draw, UsagePiece } from '../../../src/domain/rating/model.ts';
import { UnrateableError } from '../../../src/domain/rating/unrateable.ts';
import { flatCharge, perUnitCharge } from '../pricing/charges.ts';
import { draws, grant, month, piece } from '../rating/rate.ts';

const CALLS = perUnitCharge('1', { id: 'calls', name: 'Calls', eventName: 'call' });
const SEAT = flatCharge('30', { id: 'seat', name: 'Seat', billIn: 'advance' });
const CHARGES: readonly Charge[] = [CALLS, SEAT];
const VAT: TaxRateTerms = { id: 'txr', name: 'VAT', percentage: '10' as DecimalText, inclusive: false };

function periodBasis(number: number, rest: Partial<PeriodBasis> = {}): PeriodBasis {
  const plan = {
    planId: 'plan',
    planName: 'Plan',
    version: 1,
    currency: 'USD',
    billingPeriod: 'monthly',
    intervalCount: 1,
    charges: CHARGES,
    minimumAmount: null,
  } as const;
  return { period: { ...month(), number }, plan, settled: [], draws: [], ...rest };
}

function basis(rest: Partial<InvoiceBasis> = {}): InvoiceBasis {
  return {
    kind: 'closing',
    currency: 'USD',
    subscriptionId: 'sub_1',
    own: periodBasis(5),
    next: null,
    late: [],
    counted: null,
    lateSeqs: [],
    grants: [],
    taxRates: [],
    balance: decimal('0'),
    ...rest,
  };
}

const calls = (quantity: string) => new Map<string, UsagePiece[]>([['calls', [piece([0, 30, quantity])]]]);
const lateCalls = (before: string, all: string) => ({ before: calls(before), all: calls(all) });

const told = ({ lines }: InvoiceDocument) =>
  lines.map(
    ({ kind, period, description, amount }) => `${kind} ${period.number} ${description} ${decimalText(amount)}`,
  );
const drawn = (grantId: string, quantity: string): Draw => ({
  grantId,
  chargeId: 'calls',
  quantity: decimal(quantity),
});
const texts = (document: InvoiceDocument) =>
  Object.fromEntries(
    (['subtotal', 'taxTotal', 'total', 'balanceApplied', 'amountDue'] as const).map((name): [string, string] => {
      const value: Decimal = document[name];
      return [name, decimalText(value)];
    }),
  );

describe('the amounts of an invoice', () => {
  test('go from lines to subtotal, tax, total, balance and what is due', () => {
    const document = computeDocument(basis({ taxRates: [VAT], balance: decimal('5') }), { own: calls('20'), late: [] });
    expect(texts(document)).toEqual({
      subtotal: '20',
      taxTotal: '2',
      total: '22',
      balanceApplied: '5',
      amountDue: '17',
    });
    expect(document.taxes.map(({ taxRateId, amount }) => [taxRateId, decimalText(amount)])).toEqual([['txr', '2']]);
  });

  test('of more than 60 integer digits need attention: the subtotal, and the total with tax', () => {
    const nines = `${'9'.repeat(60)}`;
    const usage = { own: calls(nines), late: [] };
    const one = flatCharge('1', { id: 'one' });
    const own = (charges: readonly Charge[]) => periodBasis(5, { plan: { ...periodBasis(5).plan, charges } });
    expect(texts(computeDocument(basis({ own: own([CALLS]) }), usage)).total).toBe(nines);
    for (const beyond of [basis({ own: own([CALLS, one]) }), basis({ own: own([CALLS]), taxRates: [VAT] })]) {
      expect(() => computeDocument(beyond, usage)).toThrow(UnrateableError);
      expect(() => computeDocument(beyond, usage)).toThrow(expect.objectContaining({ code: 'amount_too_large' }));
    }
  });
});

describe('the lines of an invoice', () => {
  test('are those of its period, then the advance flats of the next one, then late usage', () => {
    const invoice = basis({ next: periodBasis(6), late: [periodBasis(3), periodBasis(4)] });
    const usage = { own: calls('1'), late: [lateCalls('0', '2'), lateCalls('0', '3')] };
    expect(told(computeDocument(invoice, usage))).toEqual([
      'usage 5 Calls 1',
      'flat 6 Seat 30',
      'late_usage 3 Calls (late usage) 2',
      'late_usage 4 Calls (late usage) 3',
    ]);
  });

  test('of an interim are usage', () => {
    expect(told(computeDocument(basis({ kind: 'interim' }), { own: calls('1'), late: [] }))).toEqual([
      'usage 5 Calls 1',
    ]);
  });

  test('of an opening are the advance flats of its period; what that drew stays as it is', () => {
    const own = periodBasis(5, { draws: [drawn('g', '4')] });
    const document = computeDocument(basis({ kind: 'opening', own }), { own: new Map(), late: [] });
    expect(told(document)).toEqual(['flat 5 Seat 30']);
    expect([draws({ ...document, issues: [] }), document.issues]).toEqual([[['g', 'calls', '4']], []]);
  });

  test('of a late invoice are late usage alone', () => {
    const invoice = basis({ kind: 'late', own: null, late: [periodBasis(4)] });
    const document = computeDocument(invoice, { own: new Map(), late: [lateCalls('1', '3')] });
    expect(told(document)).toEqual(['late_usage 4 Calls (late usage) 3']);
    expect([document.draws, document.issues]).toEqual([[], []]);
    expect(() =>
      computeDocument({ ...invoice, own: periodBasis(5) }, { own: new Map(), late: [lateCalls('1', '3')] }),
    ).toThrow('a late invoice has no period of its own');
  });

  test('of a late period whose usage was not read are a defect', () => {
    const invoice = basis({ late: [periodBasis(3), periodBasis(4)] });
    expect(() => computeDocument(invoice, { own: calls('1'), late: [lateCalls('0', '2')] })).toThrow(
      'no usage was read for period 4',
    );
  });
});

describe('credits on an invoice', () => {
  test('that the period drew on earlier invoices are there for it again', () => {
    const own = periodBasis(5, { draws: [drawn('g', '4'), drawn('g', '2')] });
    const document = computeDocument(basis({ own, grants: [grant('g', '1'), grant('h', '1')] }), {
      own: calls('20'),
      late: [],
    });
    expect(draws({ ...document, issues: [] })).toEqual([
      ['g', 'calls', '7'],
      ['h', 'calls', '1'],
    ]);
  });

  test('are drawn for late usage first, period by period, since it was used before', () => {
    const invoice = basis({ late: [periodBasis(3), periodBasis(4)], grants: [grant('g', '10')] });
    const document = computeDocument(invoice, { own: calls('9'), late: [lateCalls('0', '4'), lateCalls('0', '3')] });
    const late = document.lateDraws.map((each) => [each.periodNumber, ...draws({ ...document, ...each, issues: [] })]);
    expect(late).toEqual([
      [3, ['g', 'calls', '4']],
      [4, ['g', 'calls', '3']],
    ]);
    expect(draws({ ...document, issues: [] })).toEqual([['g', 'calls', '3']]);
    expect(texts(document).subtotal).toBe('6');
  });

  test('that an earlier period drew stay drawn for its late usage', () => {
    const late = [periodBasis(4, { draws: [drawn('g', '3')] })];
    const document = computeDocument(basis({ late, grants: [grant('g', '1')] }), {
      own: calls('0'),
      late: [lateCalls('3', '5')],
    });
    expect(document.lateDraws.map((each) => draws({ ...document, ...each, issues: [] }))).toEqual([
      [['g', 'calls', '1']],
    ]);
    expect(texts(document).subtotal).toBe('1');
  });
});

test('issues of the period and of late usage are reported', () => {
  const own = new Map([['calls', [piece([0, 30, '1'], { unusableCount: 1 })]]]);
  const all = new Map([['calls', [piece([0, 30, '-1'])]]]);
  const document = computeDocument(basis({ late: [periodBasis(4)] }), { own, late: [{ before: calls('0'), all }] });
  expect(document.issues.map(({ code }) => code)).toEqual(['unusable_value', 'negative_usage']);
});
