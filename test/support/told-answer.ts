import { isList, isMap, type Written, WrittenNumber } from './example-blocks.ts';

/** Both sides of an expectation in one plain form: amounts as text, and of an answer only what the example names. */
export interface Told {
  readonly written: unknown;
  readonly told: unknown;
}

/** Puts ids in the place of names such as `<INV-000001>`. */
export type Resolve = (text: string) => string;

/**
 * What an answer says of that which an example expects. Members that the example does not name are left aside, lists
 * have to be as long as written. A list answer is told as its `data`, lines as `description: amount`.
 */
export function compareWith(written: Written, answer: unknown, resolve: Resolve): Told {
  return { written: plain(written, resolve), told: tellLike(written, answer) };
}

function plain(written: Written, resolve: Resolve): unknown {
  if (written instanceof WrittenNumber) return written.text;
  if (typeof written === 'string') return resolve(written);
  if (typeof written === 'boolean') return String(written);
  if (written === null) return null;
  if (isList(written)) return written.map((each) => plain(each, resolve));
  return Object.fromEntries(Object.entries(written).map(([key, value]) => [key, plain(value, resolve)]));
}

function tellLike(written: Written | undefined, answer: unknown): unknown {
  if (answer === null || answer === undefined) return answer;
  if (isList(written)) return tellList(written, isRecord(answer) ? answer.data : answer);
  if (isMap(written) && isRecord(answer)) {
    return Object.fromEntries(
      Object.entries(written).map(([key, value]) => [
        key,
        key === 'lines' && isList(value) ? tellLines(value, answer.lines) : tellLike(value, answer[key]),
      ]),
    );
  }
  return typeof answer === 'object' ? answer : String(answer);
}

function tellList(written: readonly Written[], answer: unknown): unknown {
  if (!Array.isArray(answer)) return answer;
  return answer.map((item, index) => tellLike(written[index] ?? written.at(-1), item));
}

/** `{ Calls: 3.00 }` each, or with the fields that the example names: `{ Calls: { quantity: 30, amount: 3.00 } }`. */
function tellLines(written: readonly Written[], lines: unknown): unknown {
  if (!Array.isArray(lines)) return lines;
  return lines.map((line: Readonly<Record<string, unknown>>, index) => {
    const expected = written[index];
    const [fields] = isMap(expected) ? Object.values(expected) : [];
    return { [String(line.description)]: isMap(fields) ? tellLike(fields, line) : line.amount };
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
