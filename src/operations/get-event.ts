import { Failure } from '../domain/errors/failure.ts';
import { parseId, uuidFromId } from '../domain/ids.ts';
import type { Queryable, Tenant } from '../storage/database.ts';
import { type EventRow, selectEvent } from '../storage/events.ts';

/**
 * @param id `evt_…`
 * @throws Failure `not_found`
 */
export async function getEvent(db: Queryable, tenant: Tenant, id: string): Promise<EventRow> {
  const known = parseId('event', id);
  const row = known === null ? null : await selectEvent(db, tenant, uuidFromId(known));
  if (row === null) throw new Failure('not_found', `No event ${id}.`);
  return row;
}
