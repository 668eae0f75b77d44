import * as z from 'zod';
import { nearestName } from './nearest-name.ts';

/**
 * An object that refuses fields it does not know. The message of the fault is a JSON array with one sentence a field,
 * in the order of the issue's `keys`; `zodFaults` takes it apart.
 */
export function closedObject<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? JSON.stringify(issue.keys.map((key) => unknownName(String(key), known)))
        : undefined,
  });
}

function unknownName(name: string, known: readonly string[]): string {
  const shown = JSON.stringify(name.slice(0, 100));
  const nearest = nearestName(name, known);
  return nearest === null
    ? `Unknown: ${shown}; nothing is known here.`
    : `Unknown: ${shown}; the nearest known one is "${nearest}".`;
}
