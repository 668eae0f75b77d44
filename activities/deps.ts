import type { Client } from '@temporalio/client';
import type { Logger } from '../src/platform/logger.ts';
import type { Database } from '../src/storage/database.ts';

/** What the activities of a worker are given. */
export interface ActivityDeps {
  readonly db: Database;
  readonly logger: Logger;
  readonly clientOf: (livemode: boolean) => Client;
  /** Wake-ups of one instant are spread over this many milliseconds; 0: not at all. */
  readonly jitterWindowMs: number;
  /** Base of the links to the API that an operator sees; null: the worker does not know where it is. */
  readonly apiUrl: string | null;
}
