import { accountEndpoints } from './account/routes.ts';
import { apiKeyEndpoints } from './api-keys/routes.ts';
import { customerEndpoints } from './customers/routes.ts';
import { eventEndpoints } from './events/routes.ts';
import type { Endpoint } from './route.ts';

/** Every endpoint under /v1: what is served, documented and tested follows this table. */
export const ENDPOINTS: readonly Endpoint[] = [...accountEndpoints, ...apiKeyEndpoints, ...customerEndpoints, ...eventEndpoints];
