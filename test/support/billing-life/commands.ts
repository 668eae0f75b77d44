/** Six hours: many things fall on one instant, and on the boundaries of periods. */
export const TICK_SECONDS = 21_600;

/** Numbers of ticks count from the clock's time; `pick` chooses among what there is, `last` what was made last. */
export type Pick = number | 'last';

export interface Subscribe {
  readonly kind: 'subscribe';
  readonly plan: number;
  /** 1 unless given. */
  readonly version?: number;
  /** `begin`: the first instant of all, so that several subscriptions have the same boundaries. */
  readonly start: number | 'begin' | null;
  readonly trial: number | null;
}

export interface Events {
  readonly kind: 'events';
  /** Those before now may be late. */
  readonly ticks: readonly number[];
  /** A microsecond before their tick. */
  readonly early: boolean;
  readonly name: string;
  /** Of each event; `{ n: its tick }` unless given. */
  readonly properties?: readonly object[];
}

export interface Grant {
  readonly kind: 'grant';
  readonly amount: number;
  readonly rollover: boolean;
  readonly days: number | null;
  readonly from: number | null;
  readonly priority: number;
  readonly limit: 'call' | 'token' | null;
  readonly subscription: number | null;
}

export type MoneyCommand =
  /** A part of what is due, of 100; all of it at 100. */
  | { readonly kind: 'pay'; readonly pick: Pick; readonly percent: number }
  /** A part of the line that `line` chooses, of 100; null: all that is left of the invoice. */
  | { readonly kind: 'credit'; readonly pick: Pick; readonly line: number; readonly percent: number | null }
  /** Percentages of the customer's own rates. */
  | { readonly kind: 'tax'; readonly rates: readonly string[]; readonly inclusive: boolean; readonly exempt: boolean };

type When = 'now' | 'period_end' | number;

/** What changes the course of a subscription. */
export type SteeringCommand =
  | { readonly kind: 'cancel' | 'pause'; readonly pick: Pick; readonly at: When }
  | { readonly kind: 'uncancel'; readonly pick: Pick }
  | { readonly kind: 'resume'; readonly pick: Pick; readonly at: 'now' | number }
  | {
      readonly kind: 'change plan';
      readonly pick: Pick;
      /** `own`: the plan that it has, in another version. */
      readonly plan: number | 'own';
      /** The newest unless given. */
      readonly version?: number | null;
      readonly at: 'now' | 'period_end';
      readonly proration: 'by_time' | 'none';
    };

export type LifeCommand =
  | Subscribe
  | Events
  | Grant
  | MoneyCommand
  | SteeringCommand
  /** Usage that cannot be rated, at one instant. */
  | { readonly kind: 'poison'; readonly tick: number }
  | { readonly kind: 'advance'; readonly ticks: number }
  /** The customer's time zone, from the next period on. */
  | { readonly kind: 'zone'; readonly timezone: string }
  /** The account's finalization delay. */
  | { readonly kind: 'delay'; readonly seconds: number }
  | { readonly kind: 'trigger' | 'revoke' | 'finalize'; readonly pick: Pick }
  | { readonly kind: 'void'; readonly pick: Pick; readonly reissue?: boolean };

export function chosen<Item>(items: readonly Item[], pick: Pick): Item | undefined {
  return pick === 'last' ? items.at(-1) : items[pick % Math.max(items.length, 1)];
}
