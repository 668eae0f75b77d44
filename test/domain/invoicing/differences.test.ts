import { expect, test } from '@jest/globals';
import { type Content, differencesOf, type Facts, type Part } from '../../../src/domain/invoicing/differences.ts';

function part(key: string, path: string, facts: Facts): Part {
  return { key, path, summary: `${key} as a whole`, facts };
}

const STORED: Content = {
  facts: { total: '19.20', due: null },
  parts: [
    part('usage calls', 'lines[0]', { amount: '10.00', quantity: '5' }),
    part('flat seat', 'lines[1]', { amount: '6.00', quantity: null }),
  ],
};

test('an invoice that is computed again as it was has no differences, in whatever order its parts and facts come', () => {
  const [calls, seat] = STORED.parts;
  const facts = { quantity: '5', amount: '10.00' };
  const again = [...(seat ? [seat] : []), ...(calls ? [{ ...calls, path: 'lines[7]', facts }] : [])];
  expect(differencesOf(STORED, STORED)).toEqual([]);
  expect(differencesOf(STORED, { facts: { due: null, total: '19.20' }, parts: again })).toEqual([]);
});

test('a fact that differs is named by its path, with both values', () => {
  const other = {
    facts: { total: '20.20', due: '1.00' },
    parts: [
      part('flat seat', 'lines[0]', { amount: '6.00', quantity: null }),
      part('usage calls', 'lines[1]', { amount: '11.00', quantity: '5' }),
    ],
  };
  expect(differencesOf(STORED, other)).toEqual([
    { path: 'lines[0].amount', stored: '10.00', recomputed: '11.00' },
    { path: 'total', stored: '19.20', recomputed: '20.20' },
    { path: 'due', stored: null, recomputed: '1.00' },
  ]);
});

test('a fact that one side does not know is one that it has not', () => {
  const { total } = STORED.facts;
  expect(differencesOf({ facts: { total: total ?? null }, parts: [] }, { facts: {}, parts: [] })).toEqual([
    { path: 'total', stored: '19.20', recomputed: null },
  ]);
  expect(differencesOf({ facts: {}, parts: [] }, { facts: { due: null, paid: '3.00' }, parts: [] })).toEqual([
    { path: 'paid', stored: null, recomputed: '3.00' },
  ]);
});

test('a part that only one side has is told as a whole', () => {
  const extra = part('tax vat', 'taxes[0]', { amount: '1.00' });
  const [calls] = STORED.parts;
  expect(differencesOf(STORED, { ...STORED, parts: [...(calls ? [calls] : []), extra] })).toEqual([
    { path: 'lines[1]', stored: 'flat seat as a whole', recomputed: null },
    { path: 'taxes[0]', stored: null, recomputed: 'tax vat as a whole' },
  ]);
});
