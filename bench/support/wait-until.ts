import { setTimeout as delay } from 'node:timers/promises';

/** Looks every 100 ms until it is so; throws when that takes longer than `withinMs`. */
export async function waitUntil(what: string, withinMs: number, isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`waited ${Math.round(withinMs / 1_000)} s for ${what}`);
    await delay(100);
  }
}
