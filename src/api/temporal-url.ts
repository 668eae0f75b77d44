import type { Tenant } from '../storage/database.ts';
import type { ApiSettings } from './deps.ts';

/** Where the subscription's workflow is to be seen in Temporal's web UI; null when the UI's address is unknown. */
export function temporalUrl(
  settings: Pick<ApiSettings, 'temporalUiUrl' | 'temporalNamespaces'>,
  tenant: Tenant,
  subscriptionId: string,
): string | null {
  if (settings.temporalUiUrl === null) return null;
  const namespace = tenant.livemode ? settings.temporalNamespaces.live : settings.temporalNamespaces.test;
  return `${settings.temporalUiUrl.replace(/\/$/, '')}/namespaces/${namespace}/workflows/${subscriptionId}`;
}
