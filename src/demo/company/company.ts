import { boundariesAfter } from '../../domain/calendar.ts';
import { type Instant, parseInstant } from '../../domain/instant.ts';
import { type DemoCustomer, type DemoInput, demoCustomer } from './customers.ts';

/** The whole company as a function of its input: the same input, the same company and the same usage to the byte. */
export interface DemoCompany {
  readonly seed: string;
  readonly run: number;
  readonly startAt: Instant;
  /** Starts of the months and the end of the last one, ascending; usage lies between the first and the last. */
  readonly monthStarts: readonly Instant[];
  readonly endAt: Instant;
  readonly customers: readonly DemoCustomer[];
}

/** Customers begin in this month. */
const FIRST_ON = '2025-01-01';

export function demoCompany(input: DemoInput): DemoCompany {
  const startAt = parseInstant(`${FIRST_ON}T00:00:00Z`);
  if (startAt === null) throw new Error(`no day: ${FIRST_ON}`);
  const rule = { anchorAt: startAt, timezone: 'UTC', billingPeriod: 'monthly', intervalCount: 1 } as const;
  const monthStarts = [startAt, ...boundariesAfter(rule, startAt, input.months)];
  const customers = Array.from({ length: input.customers }, (_, index) =>
    demoCustomer(index, { firstOn: FIRST_ON, input }),
  );
  const { seed, run } = input;
  return { seed, run, startAt, monthStarts, endAt: monthStarts.at(-1) ?? startAt, customers };
}
