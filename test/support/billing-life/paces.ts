import { addSeconds, formatInstant, type Instant } from '../../../src/domain/instant.ts';
import { advanceTestClock, getTestClock } from '../../../src/operations/test-clocks.ts';
import { sql } from '../../../src/storage/sql.ts';
import { type BillingWorld, TEST_TENANT } from '../billing-world.ts';
import { TICK_SECONDS } from './commands.ts';

/**
 * How the time between two commands is worked off: turn after turn as alarms would ring, all at once by the next
 * command, by several workflows at the same time; or by the product's own workflows, which need a worker and Temporal.
 */
export type Pace = 'step by step' | 'catching up' | 'all at once' | 'by workflows';

interface Living {
  readonly world: BillingWorld;
  readonly pace: Pace;
  readonly clockId: string;
  readonly customer: { readonly id: string };
}

/** Lets so many ticks pass from an instant on; returns the instant at which they have. */
export async function passTime(living: Living, from: Instant, ticks: number): Promise<Instant> {
  const { world, pace, clockId, customer } = living;
  const now = addSeconds(from, ticks * TICK_SECONDS);
  if (pace === 'by workflows') {
    await advanceTestClock(world.db, TEST_TENANT, { id: clockId, frozenAt: now });
    await until('the clock has arrived', async () => {
      const { status, done, total } = await getTestClock(world.db, TEST_TENANT, clockId);
      return { passes: status === 'ready', saw: { status, done, total } };
    });
    return now;
  }
  if (pace === 'step by step') {
    for (let tick = 1; tick < ticks; tick += Math.max(5, Math.ceil(ticks / 12))) {
      await world.turn(customer, formatInstant(addSeconds(from, tick * TICK_SECONDS)));
    }
  }
  await world.setClock(clockId, formatInstant(now));
  if (pace === 'step by step') await settle(living, now);
  if (pace === 'all at once') {
    const instants = [ticks, Math.ceil(ticks / 3), ticks, Math.ceil(ticks / 2), ticks].map((each) =>
      formatInstant(addSeconds(from, each * TICK_SECONDS)),
    );
    await Promise.all(instants.map((time) => world.turn(customer, time)));
  }
  return now;
}

/** Until nothing is due at that time any more. */
export async function settle({ world, pace, customer }: Living, now: Instant): Promise<void> {
  if (pace !== 'by workflows') return world.turn(customer, formatInstant(now));
  await until('nothing is due', async () => {
    const due = await world.db.query<{ id: string }>(sql`
      select id from subscriptions
      where customer_id = ${customer.id} and attention_code is null and next_due_at <= ${formatInstant(now)}::timestamptz`);
    return { passes: due.length === 0, saw: due };
  });
}

const PATIENCE_MS = 30_000;

async function until(what: string, look: () => Promise<{ passes: boolean; saw: unknown }>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const { passes, saw } = await look();
    if (passes) return;
    if (performance.now() > end) throw new Error(`waited until ${what}, and saw ${JSON.stringify(saw)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
