import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Decimal, decimal, sumOf, ZERO } from '../../../src/domain/decimal.ts';
import { amountDue, settle } from '../../../src/domain/invoicing/settlement.ts';
import { formatMoney } from '../../../src/domain/money.ts';

const money = (amount: Decimal) => formatMoney(amount, 'USD');

function settled(total: string, balance: string) {
  const settlement = settle({ total: decimal(total), balance: decimal(balance) });
  return [
    money(settlement.balanceApplied),
    money(settlement.amountDue),
    money(settlement.balanceChange),
    settlement.settled,
  ];
}

describe('an invoice settled against the balance of its customer', () => {
  test.each([
    // total, balance → applied, due, change of the balance, settled
    ['19.20', '0.00', ['0.00', '19.20', '0.00', false]],
    ['19.20', '5.00', ['5.00', '14.20', '-5.00', false]],
    ['19.20', '19.19', ['19.19', '0.01', '-19.19', false]],
    ['19.20', '19.20', ['19.20', '0.00', '-19.20', true]],
    ['19.20', '50.00', ['19.20', '0.00', '-19.20', true]],
    ['0.00', '50.00', ['0.00', '0.00', '0.00', true]],
    ['0.00', '0.00', ['0.00', '0.00', '0.00', true]],
    ['-3.00', '0.00', ['0.00', '0.00', '3.00', true]],
    ['-3.00', '7.00', ['0.00', '0.00', '3.00', true]],
  ])('total %s, balance %s', (total, balance, expected) => {
    expect(settled(total, balance)).toEqual(expected);
  });

  test('never meets a balance below zero: that is a defect', () => {
    expect(() => settle({ total: decimal('1'), balance: decimal('-0.01') })).toThrow(RangeError);
  });

  const cents = (range: { min: bigint; max: bigint }) => fc.bigInt(range).map((units) => centsOf(units));
  const totals = cents({ min: -(10n ** 20n), max: 10n ** 20n });
  const balances = cents({ min: 0n, max: 10n ** 20n });

  test('owes what the balance did not pay, and the balance never falls below zero', () => {
    fc.assert(
      fc.property(totals, balances, (total, balance) => {
        const { balanceApplied, amountDue: due, balanceChange, settled: isSettled } = settle({ total, balance });
        const rest = { amountCredited: ZERO, amountPaid: ZERO };
        expect(money(due)).toBe(money(amountDue({ total, balanceApplied, ...rest })));
        expect(isSettled).toBe(due.isZero());
        expect(balance.plus(balanceChange).lessThan(ZERO)).toBe(false);
        expect(due.lessThan(ZERO) || balanceApplied.lessThan(ZERO)).toBe(false);
        // No money comes from nowhere: what the customer owes and has differ by the total as before.
        expect(money(due.minus(balance.plus(balanceChange)))).toBe(money(total.minus(balance)));
        // Whoever owes something has used up the balance.
        expect(isSettled || balance.plus(balanceChange).isZero()).toBe(true);
      }),
    );
  });

  test('one after the other, leaves either a debt or a balance, each the sum of all of them', () => {
    fc.assert(
      fc.property(fc.array(totals, { maxLength: 12 }), (invoices) => {
        let balance = ZERO;
        const dues: Decimal[] = [];
        for (const total of invoices) {
          const settlement = settle({ total, balance });
          balance = balance.plus(settlement.balanceChange);
          dues.push(settlement.amountDue);
        }
        expect(money(sumOf(dues).minus(balance))).toBe(money(sumOf(invoices)));
      }),
    );
  });
});

describe('what is due of an invoice', () => {
  const due = (total: string, applied: string, credited: string, paid: string) =>
    money(
      amountDue({
        total: decimal(total),
        balanceApplied: decimal(applied),
        amountCredited: decimal(credited),
        amountPaid: decimal(paid),
      }),
    );

  test.each([
    ['20.00', '0.00', '0.00', '0.00', '20.00'],
    ['20.00', '5.00', '4.00', '3.00', '8.00'],
    ['20.00', '5.00', '5.00', '10.00', '0.00'],
    ['-20.00', '0.00', '0.00', '0.00', '0.00'],
  ])('total %s, applied %s, credited %s, paid %s: %s', (total, applied, credited, paid, expected) => {
    expect(due(total, applied, credited, paid)).toBe(expected);
  });

  test('is never below zero: that is a defect', () => {
    expect(() => due('20.00', '0.00', '10.00', '10.01')).toThrow(RangeError);
    expect(() => due('-20.00', '0.00', '0.00', '0.01')).toThrow(RangeError);
  });
});

function centsOf(units: bigint): Decimal {
  const digits = (units < 0n ? -units : units).toString().padStart(3, '0');
  return decimal(`${units < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`);
}
