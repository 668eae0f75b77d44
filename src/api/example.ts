import { ID_PREFIXES, type IdKind } from '../domain/ids.ts';

/**
 * One call that works as it is written, with what it answers. /openapi.json shows it, and a test carries it out: the
 * examples of all endpoints tell one story in the order of the table, in which Acme subscribes to Pro, is billed for
 * its usage, and so on. An answer in an example is what the server gives, but for ids, instants, secrets and cursors.
 */
export interface Example {
  /** The `{id}` of the path, where it has one. */
  readonly id?: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
  readonly status: number;
  readonly answer: unknown;
  /** Where a repetition is answered with another status: what it is answered with. */
  readonly repeated?: { readonly status: number; readonly answer: unknown };
}

/** What the example has for an answer of this status, or undefined. */
export function exampleAnswer({ status, answer, repeated }: Example, wanted: number): unknown {
  return wanted === status ? answer : wanted === repeated?.status ? repeated.answer : undefined;
}

/** An id that only examples have: the same everywhere for the same object of the story. */
export function exampleId(kind: IdKind, number = 1): string {
  return `${ID_PREFIXES[kind]}_01jz6y0000e0080000000000a${number}`;
}

/** Finds the ids of `exampleId` in any text. */
export const EXAMPLE_ID = /[a-z]+_01jz6y0000e0080000000000a\d/g;

/** What lists answer when everything is on one page. */
export function exampleList(...data: readonly unknown[]) {
  return { object: 'list', data, has_more: false, next_cursor: null };
}

/** What lists answer when there is another page. */
export function examplePage(...data: readonly unknown[]) {
  return { object: 'list', data, has_more: true, next_cursor: 'rU8xQ2v0bYtM5nHs' };
}
