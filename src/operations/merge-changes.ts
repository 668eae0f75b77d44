/** Some members of an object with new values; an absent or undefined one stays as it is. */
export type Changes<Whole> = { readonly [Name in keyof Whole]?: Whole[Name] | undefined };

/** `whole` with the changes applied. null is a value like any other. */
export function mergeChanges<Whole extends object>(whole: Whole, changes: Changes<Whole>): Whole {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return Object.assign({ ...whole }, Object.fromEntries(given));
}
