import type { Config } from '../../platform/config.ts';

interface ServicePlace {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly temporalUiUrl: string | null;
  readonly port: number;
  readonly apiUrl: string;
}

/** What the API and the worker read: our own environment with everything that was left open now decided. */
export function serviceEnvironment(config: Config, place: ServicePlace): NodeJS.ProcessEnv {
  return {
    ...process.env,
    // They are of the launcher alone: the database has them by now.
    DURABILL_TEST_KEY: '',
    DURABILL_LIVE_KEY: '',
    DATABASE_URL: place.databaseUrl,
    TEMPORAL_ADDRESS: place.temporalAddress,
    TEMPORAL_UI_URL: place.temporalUiUrl ?? '',
    DURABILL_HOME: config.home,
    PORT: String(place.port),
    API_URL: config.apiUrl ?? place.apiUrl,
    RATE_LIMIT: rate(config.rateLimits.otherPerSecond),
    RATE_LIMIT_INGESTION: rate(config.rateLimits.ingestionPerSecond),
  };
}

function rate(perSecond: number | null): string {
  return perSecond === null ? 'off' : String(perSecond);
}
