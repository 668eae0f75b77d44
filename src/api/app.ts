import express, { type Express } from 'express';
import helmet from 'helmet';
import { EventIntake } from '../operations/event-intake.ts';
import { readCursorSecret } from '../operations/read-cursor-secret.ts';
import type { ApiDeps, AppDeps } from './deps.ts';
import { allowReference, serveDocs, serveDocsListing, serveDocsStart } from './docs-page.ts';
import { ENDPOINTS } from './endpoints.ts';
import { serveErrorIndex, serveErrorPage } from './error-pages.ts';
import { answerHealth, answerReadiness } from './health.ts';
import { IdempotentRunner } from './idempotency.ts';
import { KeyRing } from './key-ring.ts';
import { serveOpenApi } from './openapi.ts';
import { RateLimiter } from './rate-limit.ts';
import { serveReferenceScript } from './reference-script.ts';
import { answerErrors, observe, refuseUnknownRoute } from './respond.ts';
import { serveEndpoint, type ServerParts } from './serve-endpoint.ts';

/** The whole HTTP API as an Express application; it opens nothing and holds no state of the network. */
export function createApp(given: AppDeps): Express {
  const deps: ApiDeps = {
    ...given,
    keys: new KeyRing(given.db),
    events: new EventIntake(given.db),
    cursorSecret: rememberedSecret(given),
  };
  const parts: ServerParts = {
    deps,
    limiter: new RateLimiter(deps.settings.rateLimits),
    runner: new IdempotentRunner(deps),
  };
  const app = express();
  configure(app, deps);
  app.use(observe(deps));
  app.use(helmet());
  for (const endpoint of ENDPOINTS) {
    app[endpoint.method](expressPath(endpoint.path), serveEndpoint(parts, endpoint));
  }
  app.get('/healthz', answerHealth);
  app.get('/readyz', answerReadiness(deps));
  app.get('/metrics', async (_request, response) => {
    response.type(deps.metrics.registry.contentType).send(await deps.metrics.registry.metrics());
  });
  app.get('/openapi.json', serveOpenApi);
  app.get('/docs', allowReference, serveDocs);
  app.get('/docs/scalar.js', serveReferenceScript);
  app.get('/docs/start.js', serveDocsStart);
  app.get('/docs/endpoints', serveDocsListing);
  app.get('/docs/errors', serveErrorIndex);
  app.get('/docs/errors/:code', serveErrorPage);
  app.use(refuseUnknownRoute);
  app.use(answerErrors(deps.logger));
  return app;
}

function configure(app: Express, deps: ApiDeps): void {
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  // Parameters are read once, by `readQuery`, which refuses what is given twice.
  app.set('query parser', false);
  app.set('trust proxy', deps.settings.trustProxy);
}

/** `/customers/{id}` as Express writes it. */
export function expressPath(path: string): string {
  return `/v1${path.replace('{id}', ':id')}`;
}

/** Read once, when a list first needs it. A failure is not remembered. */
function rememberedSecret({ db }: AppDeps): () => Promise<string> {
  let secret: Promise<string> | null = null;
  return () => {
    secret ??= readCursorSecret(db).catch((error: unknown) => {
      secret = null;
      throw error;
    });
    return secret;
  };
}
