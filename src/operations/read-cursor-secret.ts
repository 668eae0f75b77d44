import { randomBytes } from 'node:crypto';
import type { Queryable } from '../storage/database.ts';
import { insertInstallationValueOnce } from '../storage/installation.ts';

const SECRET_BYTES = 32;

/** The secret that signs cursors: one for all API processes of an installation, made by the first. */
export async function readCursorSecret(db: Queryable): Promise<string> {
  return insertInstallationValueOnce(db, 'cursor_secret', randomBytes(SECRET_BYTES).toString('hex'));
}
