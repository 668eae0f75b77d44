import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decimalText } from '../../src/domain/decimal.ts';
import { addSeconds, formatInstant, type Instant } from '../../src/domain/instant.ts';
import { getCustomerCredits } from '../../src/operations/customer-credits.ts';
import { type RandomLife, randomLives } from '../oracle/random-lives.ts';
import { TICK_SECONDS } from '../support/billing-life/commands.ts';
import { BillingLife, type LifeCommand } from '../support/billing-life.ts';
import { BillingWorld, charge, TEST_TENANT } from '../support/billing-world.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(() => world.drop());

/** Of each grant that goes on: what is available, and what it holds. What has ended lapses, be it at the same instant. */
async function creditsAt(life: BillingLife, asOf: Instant | null) {
  const credits = await getCustomerCredits(world.db, TEST_TENANT, { customerRef: life.customerId, asOf });
  const going = credits.grants.filter(({ status }) => status === 'active');
  const told = (units: 'available' | 'balance') =>
    Object.fromEntries(going.map((each) => [each.grant.id, decimalText(each[units])]).toSorted());
  return { available: told('available'), balances: told('balance') };
}

/** Late usage draws when it is billed, so it is left out: no event comes after its time. */
const inTime = (command: LifeCommand) => command.kind !== 'events' || command.ticks.every((tick) => tick >= 0);

async function expectForesight({ timezone, currency, delaySeconds, plans, ...rest }: RandomLife): Promise<void> {
  await world.db.pool.query('update accounts set finalization_delay_seconds = $1', [delaySeconds]);
  const commands = rest.commands.filter(inTime);
  const made: string[] = [];
  for (const { charges, ...facts } of plans) made.push(await world.plan(charges.map(charge), { ...facts, currency }));
  const life = new BillingLife(world, made, 'step by step');
  let index = 0;
  let before: { at: Instant; credits: object; ahead: { at: Instant; available: object } } | null = null;
  const look = async () => {
    if (before !== null) {
      const { at, credits, ahead } = before;
      const told = { at: formatInstant(ahead.at), available: (await creditsAt(life, null)).available };
      expect(told).toEqual({ at: formatInstant(life.now), available: ahead.available });
      expect({ at: formatInstant(at), ...(await creditsAt(life, at)) }).toEqual({ at: formatInstant(at), ...credits });
    }
    index += 1;
    const next = commands[index];
    before = null;
    if (next?.kind !== 'advance') return;
    const at = addSeconds(life.now, next.ticks * TICK_SECONDS);
    const { available } = await creditsAt(life, at);
    before = { at: life.now, credits: await creditsAt(life, null), ahead: { at, available } };
  };
  await life.live(commands, { timezone, currency, afterEach: look });
}

test('what will be available is what is available then, and what was is told the same later', async () => {
  const until = performance.now() + 15_000;
  let done = 0;
  await fc.assert(
    fc.asyncProperty(randomLives, async (random) => {
      // A slow machine lives fewer lives, and each of them whole.
      if (performance.now() > until) return;
      await expectForesight(random);
      done += 1;
    }),
    { numRuns: 100 },
  );
  expect(done).toBeGreaterThan(0);
}, 180_000);
