import { startOfLocalDay } from '../../domain/calendar.ts';
import { addDays24h, formatInstant, type Instant } from '../../domain/instant.ts';
import { type DemoGrant, grantsOf } from './grants.ts';
import { DEMO_PLANS, type DemoPlan } from './plans.ts';
import { RandomStream } from './random-stream.ts';

/** A customer of the company with its subscription and credit grants. */
export interface DemoCustomer {
  /** From 0; a customer's usage depends on it, not on how many others there are. */
  readonly index: number;
  readonly externalId: string;
  readonly name: string;
  readonly timezone: string;
  readonly plan: DemoPlan;
  /** `YYYY-MM-DD`, local to the customer; `startAt` is the same as an instant. */
  readonly startOn: string;
  readonly startAt: Instant;
  /** Null without a trial. */
  readonly trialEndOn: string | null;
  readonly grants: readonly DemoGrant[];
  /** Of the plan's usage, in per cent. */
  readonly size: number;
  /** What comes on top each month, in per cent of the first. */
  readonly growth: number;
}

/** What the company is made of. */
export interface DemoInput {
  /** Any text of printable ASCII characters. */
  readonly seed: string;
  /** Distinguishes the customers of this run from those of earlier ones; from 1. */
  readonly run: number;
  readonly customers: number;
  readonly months: number;
}

const FIRST_WORDS = ['Amber', 'Basalt', 'Cobalt', 'Drift', 'Ember', 'Fjord', 'Granite', 'Harbor', 'Indigo', 'Juniper'];
const SECOND_WORDS = ['Atlas', 'Beacon', 'Canvas', 'Delta', 'Engine', 'Foundry', 'Garden', 'Helix', 'Index', 'Journal'];
const THIRD_WORDS = ['', 'North', 'South', 'East', 'West'];

const ZONES = ['UTC', 'America/New_York', 'Europe/Berlin', 'Asia/Tokyo', 'America/Sao_Paulo', 'Asia/Kolkata'];
/** Most start with the year; the others show periods in the middle of months, and a 31st in shorter ones. */
const START_DAYS = [1, 1, 1, 10, 1, 31, 1];
/** Two weeks, a whole month, and one that ends in the middle of the second month. */
const TRIAL_DAYS = [14, 31, 45];

/** The names differ for up to so many customers. */
export const MAX_CUSTOMERS = 200;

export function demoCustomer(
  index: number,
  span: { readonly firstOn: string; readonly input: DemoInput },
): DemoCustomer {
  const { firstOn, input } = span;
  const random = new RandomStream(input.seed, 'customer', index);
  const name = nameOf(index);
  const timezone = ZONES[index % ZONES.length] ?? 'UTC';
  const startOn = dayAfter(firstOn, (START_DAYS[index % START_DAYS.length] ?? 1) - 1);
  const trialDays = index % 4 === 1 ? (TRIAL_DAYS[Math.floor(index / 4) % TRIAL_DAYS.length] ?? 0) : null;
  const plan = DEMO_PLANS[index % DEMO_PLANS.length];
  const startAt = startOfLocalDay(startOn, timezone);
  if (plan === undefined || startAt === null) throw new Error(`customer ${index} has no plan or start`);
  return {
    index,
    externalId: `${name.toLowerCase().replaceAll(' ', '-')}-${input.run}`,
    name,
    timezone,
    plan,
    startOn,
    startAt,
    trialEndOn: trialDays === null ? null : dayAfter(startOn, trialDays),
    grants: grantsOf({ index, model: plan.model, startAt }),
    size: random.pick([40, 100, 180]),
    growth: random.between(0, 8),
  };
}

/** Each ten customers have other second words than the ten before them, each hundred another third one. */
function nameOf(index: number): string {
  const tens = Math.floor(index / FIRST_WORDS.length);
  const hundreds = Math.floor(tens / SECOND_WORDS.length);
  const third = THIRD_WORDS[hundreds % THIRD_WORDS.length];
  const second = SECOND_WORDS[(index + tens) % SECOND_WORDS.length];
  return [FIRST_WORDS[index % FIRST_WORDS.length], second, ...(third ? [third] : [])].join(' ');
}

/** Days have no hours here, so 24 hours a day are right. */
function dayAfter(day: string, days: number): string {
  const midnight = startOfLocalDay(day, 'UTC');
  if (midnight === null) throw new Error(`no day: ${day}`);
  return formatInstant(addDays24h(midnight, days)).slice(0, 10);
}
