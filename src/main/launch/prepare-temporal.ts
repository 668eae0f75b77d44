import { setTimeout as delay } from 'node:timers/promises';
import { prepareNamespaces } from '../../orchestration/prepare-namespaces.ts';
import type { ServiceConfig } from '../../platform/config.ts';

const PAUSE_MS = 1_000;
const REMIND_AFTER_MS = 30_000;

interface TemporalWait {
  readonly temporal: ServiceConfig['temporal'];
  readonly isEmbedded: boolean;
  readonly say: (sentence: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes the server ready for this product (namespaces, retention, search attributes, reconciler schedule), trying until
 * it works: an embedded server may just be restarting, an external one may lack what its operator is to make. Safe to
 * repeat, and needed again when a server comes back empty.
 */
export async function prepareTemporal({ temporal, isEmbedded, say, signal }: TemporalWait): Promise<void> {
  let remindAt = isEmbedded ? Date.now() + REMIND_AFTER_MS : 0;
  for (;;) {
    try {
      return await prepareNamespaces({ ...temporal, embedded: isEmbedded });
    } catch (error) {
      if (signal.aborted) throw error;
      if (Date.now() >= remindAt) {
        const reason = error instanceof Error ? error.message : String(error);
        say(`Temporal at ${temporal.address} is not ready: ${reason}. Trying again; subscriptions wake up once it is.`);
        remindAt = Date.now() + REMIND_AFTER_MS;
      }
    }
    await delay(PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
}
