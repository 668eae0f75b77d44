import type { Client } from '@temporalio/client';
import type { Database } from '../../storage/database.ts';
import type { Pace } from './pace.ts';

/** What the parts of one round work with. */
export interface RoundContext {
  readonly db: Database;
  /** Of the mode's namespace. */
  readonly client: Client;
  readonly livemode: boolean;
  readonly pace: Pace;
  /** Alarms may ring this much later than their deadline. */
  readonly jitterWindowMs: number;
  readonly bounds: RoundBounds;
}

/** What one round does at most of each kind: these pages of this size. The rest is for the rounds that follow. */
export interface RoundBounds {
  readonly page: number;
  readonly pages: number;
}

/** 5,000 subscriptions and 5,000 workflows a round: at 100,000 all are compared within 20 rounds. */
export const ROUND_BOUNDS: RoundBounds = { page: 500, pages: 10 };
