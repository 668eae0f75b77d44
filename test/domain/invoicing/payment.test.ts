import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decimal, sumOf, ZERO } from '../../../src/domain/decimal.ts';
import { computePayment, type InvoiceAmounts } from '../../../src/domain/invoicing/payment.ts';
import { formatMoney } from '../../../src/domain/money.ts';

const invoice = (
  fields: Partial<Record<'total' | 'applied' | 'credited' | 'paid' | 'currency', string>>,
): InvoiceAmounts => ({
  currency: fields.currency ?? 'USD',
  total: decimal(fields.total ?? '20'),
  balanceApplied: decimal(fields.applied ?? '0'),
  amountCredited: decimal(fields.credited ?? '0'),
  amountPaid: decimal(fields.paid ?? '0'),
});

function outcome(of: InvoiceAmounts, amount: string | null) {
  const computed = computePayment(of, amount === null ? null : decimal(amount));
  if ('kind' in computed) return computed.kind;
  const { status, paymentStatus } = computed;
  const amounts = [computed.amount, computed.amountPaid, computed.amountDue];
  return [...amounts.map((each) => formatMoney(each, of.currency)), status, paymentStatus];
}

describe('a payment', () => {
  test.each([
    ['of all', invoice({}), '20', ['20.00', '20.00', '0.00', 'paid', 'paid']],
    ['of all, unless an amount is given', invoice({}), null, ['20.00', '20.00', '0.00', 'paid', 'paid']],
    ['of a part', invoice({}), '5.5', ['5.50', '5.50', '14.50', 'open', 'partially_paid']],
    ['of the rest', invoice({ paid: '5.50' }), null, ['14.50', '20.00', '0.00', 'paid', 'paid']],
    [
      'of what balance and notes left',
      invoice({ applied: '3', credited: '4' }),
      null,
      ['13.00', '13.00', '0.00', 'paid', 'paid'],
    ],
    ['of less than the currency has', invoice({ total: '5', currency: 'JPY' }), '0.5', 'too_precise'],
    ['of nothing', invoice({}), '0', 'not_positive'],
    ['below nothing', invoice({}), '-1', 'not_positive'],
    ['of more than is due', invoice({ applied: '3' }), '17.01', 'exceeds_due'],
    ['of an invoice that owes nothing', invoice({ paid: '20' }), null, 'not_positive'],
    [
      'in the decimals of its currency',
      invoice({ currency: 'KWD' }),
      '1.001',
      ['1.001', '1.001', '18.999', 'open', 'partially_paid'],
    ],
  ])('%s', (_, of, amount, expected) => {
    expect(outcome(of, amount)).toEqual(expected);
  });

  test('after payment never takes more than the total together, and the last one settles it', () => {
    const amounts = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), amounts, (total, attempts) => {
        let current = invoice({ total: String(total) });
        const recorded = [];
        for (const attempt of attempts) {
          const computed = computePayment(current, decimal(String(attempt)));
          if ('kind' in computed) continue;
          recorded.push(computed.amount);
          current = { ...current, amountPaid: computed.amountPaid };
          expect(computed.status === 'paid').toBe(computed.amountPaid.equals(current.total));
        }
        expect(sumOf(recorded).equals(current.amountPaid)).toBe(true);
        expect(current.amountPaid.greaterThan(current.total)).toBe(false);
        const rest = computePayment(current, null);
        expect('kind' in rest ? current.amountPaid.equals(current.total) : rest.amountDue.equals(ZERO)).toBe(true);
      }),
    );
  });
});
