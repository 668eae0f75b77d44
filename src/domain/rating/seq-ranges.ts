/** Events with `after < seq <= upTo`; null: no bound on that side. Sequence numbers begin at 1. */
export interface SeqRange {
  readonly after: bigint | null;
  readonly upTo: bigint | null;
}

/**
 * A set of events by their sequence numbers, such as those that an invoice counts. The functions here give it in one
 * form: ascending, apart from each other, none empty; so equal sets have equal texts.
 */
export type SeqRanges = readonly SeqRange[];

/** What finalizing with this cut-off counts. */
export function prefix(upTo: bigint): SeqRanges {
  return normal([{ after: null, upTo }]);
}

export function union(left: SeqRanges, right: SeqRanges): SeqRanges {
  return normal([...left, ...right]);
}

/** What is in `left` and not in `right`. */
export function minus(left: SeqRanges, right: SeqRanges): SeqRanges {
  let rest: readonly Bounds[] = normalBounds(left);
  for (const hole of normalBounds(right)) {
    rest = rest.flatMap(({ after, upTo }) => [
      { after, upTo: least(upTo, hole.after) },
      { after: greatest(after, hole.upTo), upTo },
    ]);
  }
  return normal(rest.map(toRange));
}

export function containsSeq(ranges: SeqRanges, seq: bigint): boolean {
  return ranges.some(({ after, upTo }) => (after === null || seq > after) && (upTo === null || seq <= upTo));
}

/** The text of PostgreSQL's int8multirange: `{(,5],(7,9]}`; `{}` holds nothing. */
export function seqRangesText(ranges: SeqRanges): string {
  return `{${normal(ranges)
    .map(({ after, upTo }) => `(${after ?? ''},${upTo ?? ''}${upTo === null ? ')' : ']'}`)
    .join(',')}}`;
}

const RANGE = /([[(])(\d*),(\d*)([\])])/g;

/** Reads an int8multirange as `seqRangesText` or PostgreSQL writes it (`{(,6),[8,10)}`); RangeError on other text. */
export function parseSeqRanges(text: string): SeqRanges {
  const ranges = [...text.matchAll(RANGE)];
  if (`{${ranges.map(([range]) => range).join(',')}}` !== text) throw new RangeError(`no int8multirange: ${text}`);
  return normal(
    ranges.map(([, opening, from = '', to = '', closing]) => ({
      // No lower bound reads as 0, which is the same.
      after: BigInt(from) - (opening === '[' ? 1n : 0n),
      upTo: to === '' ? null : BigInt(to) - (closing === ')' ? 1n : 0n),
    })),
  );
}

interface Bounds {
  readonly after: bigint;
  readonly upTo: bigint;
}

/** The greatest bigint of PostgreSQL, beyond every number that is ever drawn. */
const UNBOUNDED = 2n ** 63n - 1n;

function normal(ranges: SeqRanges): SeqRanges {
  return normalBounds(ranges).map(toRange);
}

function normalBounds(ranges: SeqRanges): Bounds[] {
  const merged: Bounds[] = [];
  const bounds = ranges.map((range) => ({ after: greatest(range.after ?? 0n, 0n), upTo: range.upTo ?? UNBOUNDED }));
  for (const next of bounds.filter(holdsSome).toSorted((left, right) => (left.after < right.after ? -1 : 1))) {
    const last = merged.at(-1);
    if (last === undefined || last.upTo < next.after) merged.push(next);
    else merged[merged.length - 1] = { after: last.after, upTo: greatest(last.upTo, next.upTo) };
  }
  return merged;
}

function toRange({ after, upTo }: Bounds): SeqRange {
  return { after: after === 0n ? null : after, upTo: upTo === UNBOUNDED ? null : upTo };
}

function holdsSome({ after, upTo }: Bounds): boolean {
  return after < upTo;
}

function least(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}

function greatest(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}
