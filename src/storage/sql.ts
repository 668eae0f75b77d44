import { createHash } from 'node:crypto';

/** A statement with its parameters; the text is constant per call site, so its server-side plan is reused. */
export interface Sql {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

const texts = new WeakMap<TemplateStringsArray, { name: string; text: string }>();

/**
 * `sql\`select … where id = ${id}\``: every `${}` is a bound parameter, never text. Instants are passed through
 * `timestamptz()`, exact numbers as decimal text.
 */
export function sql(strings: TemplateStringsArray, ...values: readonly unknown[]): Sql {
  let known = texts.get(strings);
  if (known === undefined) {
    const text = strings.reduce((built, part, index) => (index === 0 ? part : `${built}$${index}${part}`), '');
    known = { name: createHash('sha256').update(text).digest('base64url').slice(0, 20), text };
    texts.set(strings, known);
  }
  return { ...known, values };
}
