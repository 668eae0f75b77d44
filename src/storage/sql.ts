import { createHash } from 'node:crypto';

/** A statement with its parameters; the text is constant per call site, so its server-side plan is reused. */
export interface Sql {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Constant SQL text to splice into statements, such as a list of columns. Takes no values by design. */
class Fragment {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type SqlFragment = Fragment;

export function fragment(strings: TemplateStringsArray): SqlFragment {
  return new Fragment(strings.join(''));
}

const namesByText = new Map<string, string>();

/**
 * `sql\`select ${COLUMNS} … where id = ${id}\``: every `${}` is a bound parameter, never text, unless it is a
 * `fragment`. Instants are passed through `timestamptz()`, exact numbers as decimal text.
 */
export function sql(strings: TemplateStringsArray, ...inputs: readonly unknown[]): Sql {
  const values: unknown[] = [];
  let text = strings[0] ?? '';
  for (const [index, input] of inputs.entries()) {
    if (input instanceof Fragment) text += input.text;
    else text += `$${values.push(input)}`;
    text += strings[index + 1] ?? '';
  }
  let name = namesByText.get(text);
  if (name === undefined) {
    name = createHash('sha256').update(text).digest('base64url').slice(0, 20);
    namesByText.set(text, name);
  }
  return { name, text, values };
}
