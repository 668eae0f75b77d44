import type { Fault } from '../domain/errors/failure.ts';
import { paramOf } from './faults.ts';
import { faultsFailure } from './route.ts';
import { isSafeText } from './unsafe-text.ts';

/**
 * The query string as text by name.
 *
 * @throws Failure `invalid_query` for a name given twice and for unsafe text
 */
export function readQuery(url: string): Readonly<Record<string, string>> {
  const start = url.indexOf('?');
  if (start === -1) return {};
  const faults: Fault[] = [];
  const found = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(url.slice(start))) {
    const param = paramOf([name]);
    if (found.has(name)) faults.push({ param, code: 'invalid_value', message: 'Given more than once.' });
    if (!isSafeText(name) || !isSafeText(value)) {
      faults.push({ param, code: 'unsafe_text', message: 'May not have NUL characters.' });
    }
    found.set(name, value);
  }
  if (faults.length > 0) throw faultsFailure(faults, []);
  // Entries become own properties, also one that is named __proto__.
  return Object.fromEntries(found);
}
