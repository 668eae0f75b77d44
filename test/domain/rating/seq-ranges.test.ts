import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  containsSeq,
  minus,
  parseSeqRanges,
  prefix,
  type SeqRanges,
  seqRangesText,
  union,
} from '../../../src/domain/rating/seq-ranges.ts';

const LAST = 12;
const bound = fc.option(fc.integer({ min: 0, max: LAST }).map(BigInt), { nil: null });
const ranges = fc.array(fc.record({ after: bound, upTo: bound }), { maxLength: 5 });

/** The numbers from 1 to LAST + 1 that the set has; the last stands for all beyond. */
function members(set: SeqRanges): number[] {
  const has = (seq: number) =>
    set.some(({ after, upTo }) => (after === null || BigInt(seq) > after) && (upTo === null || BigInt(seq) <= upTo));
  return Array.from({ length: LAST + 1 }, (_, index) => index + 1).filter(has);
}

describe('sets of sequence numbers', () => {
  test('are joined and subtracted as sets', () => {
    fc.assert(
      fc.property(ranges, ranges, (left, right) => {
        const [inLeft, inRight] = [members(left), members(right)];
        expect(members(union(left, right))).toEqual([...new Set([...inLeft, ...inRight])].toSorted((a, b) => a - b));
        expect(members(minus(left, right))).toEqual(inLeft.filter((seq) => !inRight.includes(seq)));
        for (let seq = 1; seq <= LAST + 1; seq += 1) {
          expect(containsSeq(left, BigInt(seq))).toBe(inLeft.includes(seq));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('to the greatest number that can be drawn have no upper bound', () => {
    expect(seqRangesText(prefix(2n ** 63n - 1n))).toBe('{(,)}');
    expect(seqRangesText(prefix(2n ** 63n - 2n))).toBe('{(,9223372036854775806]}');
  });

  test('have one form and one text, however they were made', () => {
    fc.assert(
      fc.property(ranges, ranges, (left, right) => {
        const whole = union(left, right);
        expect(seqRangesText([...right, ...left])).toBe(seqRangesText(whole));
        expect(union(minus(left, right), union(right, minus(left, right)))).toEqual(whole);
        expect(parseSeqRanges(seqRangesText(left))).toEqual(union(left, []));
      }),
      { numRuns: 500 },
    );
  });

  test.each<[SeqRanges, string]>([
    [[], '{}'],
    [prefix(5n), '{(,5]}'],
    [prefix(0n), '{}'],
    [[{ after: null, upTo: null }], '{(,)}'],
    [[{ after: 0n, upTo: 3n }], '{(,3]}'],
    [
      [
        { after: 7n, upTo: 9n },
        { after: null, upTo: 5n },
        { after: 5n, upTo: 6n },
        { after: 20n, upTo: null },
      ],
      '{(,6],(7,9],(20,)}',
    ],
    [[{ after: 4n, upTo: 4n }], '{}'],
  ])('%# are written as PostgreSQL reads them', (set, text) => {
    expect(seqRangesText(set)).toBe(text);
  });

  test('are read as PostgreSQL writes them', () => {
    expect(parseSeqRanges('{(,6),[8,10),[21,)}')).toEqual([
      { after: null, upTo: 5n },
      { after: 7n, upTo: 9n },
      { after: 20n, upTo: null },
    ]);
    expect(parseSeqRanges('{}')).toEqual([]);
    expect(parseSeqRanges('{(,)}')).toEqual([{ after: null, upTo: null }]);
  });

  test.each(['', '(1,2]', '{(1,2]', '{empty}', '{(1,2] }', '{(1,2](3,4]}', '{(a,2]}'])('%j is refused', (text) => {
    expect(() => parseSeqRanges(text)).toThrow(RangeError);
  });
});
