import { formatInstant } from '../../domain/instant.ts';
import { parseExactJson } from '../../platform/exact-json.ts';
import type { ApiKeyRow } from '../../storage/api-keys.ts';
import type { Tenant } from '../../storage/database.ts';

/** @param secret only in the answer that creates the key */
export function encodeApiKey(tenant: Tenant, row: ApiKeyRow, secret: string | null = null) {
  return {
    id: row.id,
    object: 'api_key',
    livemode: tenant.livemode,
    created_at: formatInstant(row.createdAt),
    name: row.name,
    role: row.role,
    hint: row.hint,
    secret,
    revoked_at: formatInstant(row.revokedAt),
    metadata: parseExactJson(row.metadata),
  };
}
