/** Facts by name, each as the one text that its value has; null: none. */
export type Facts = Readonly<Record<string, string | null>>;

/** Something that stands in a list, such as a line; `key` tells which on the other side it is to be compared with. */
export interface Part {
  readonly key: string;
  /** How a difference names it, such as `lines[2]`. */
  readonly path: string;
  /** What it is, where the other side has nothing like it. */
  readonly summary: string;
  readonly facts: Facts;
}

/** What an invoice says, in a form that can be compared. */
export interface Content {
  readonly facts: Facts;
  /** No two have the same key. */
  readonly parts: readonly Part[];
}

export interface Difference {
  /** Such as `total` or `lines[2].amount`. */
  readonly path: string;
  /** null: there is none. */
  readonly stored: string | null;
  readonly recomputed: string | null;
}

/** Where two contents are not the same, in their order; none where they are. */
export function differencesOf(stored: Content, recomputed: Content): Difference[] {
  const others = new Map(recomputed.parts.map((part) => [part.key, part]));
  const known = new Set(stored.parts.map(({ key }) => key));
  return [
    ...stored.parts.flatMap((part) => {
      const other = others.get(part.key);
      if (other === undefined) return [{ path: part.path, stored: part.summary, recomputed: null }];
      return factsThatDiffer(part.facts, other.facts, `${part.path}.`);
    }),
    ...recomputed.parts
      .filter(({ key }) => !known.has(key))
      .map(({ path, summary }) => ({ path, stored: null, recomputed: summary })),
    ...factsThatDiffer(stored.facts, recomputed.facts, ''),
  ];
}

function factsThatDiffer(stored: Facts, recomputed: Facts, prefix: string): Difference[] {
  const names = [...new Set([...Object.keys(stored), ...Object.keys(recomputed)])];
  return names
    .map((name) => {
      return { path: `${prefix}${name}`, stored: stored[name] ?? null, recomputed: recomputed[name] ?? null };
    })
    .filter((each) => each.stored !== each.recomputed);
}
