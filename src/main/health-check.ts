/**
 * `node src/main/health-check.ts api|worker`: the health check of a container, run beside its part and with the same
 * settings. Exit status 0 when the API answers, or when Temporal hears this machine's worker poll for both modes; else 1
 * and the reason.
 */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { hostname } from 'node:os';
import { unpolledQueues } from '../orchestration/unpolled-queues.ts';
import { readServiceConfig, type ServiceConfig } from '../platform/config.ts';

const TIMEOUT_MS = 5_000;
/** A server that listens on every address is asked on the loopback one. */
const LOOPBACK = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

/** Asks this machine's own process, so the name in its certificate, which is that of the public host, says nothing. */
async function checkApi({ host, port, tls }: ServiceConfig): Promise<void> {
  const target = { host: LOOPBACK.get(host) ?? host, port, path: '/healthz', timeout: TIMEOUT_MS };
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const request = tls === null ? requestHttp(target) : requestHttps({ ...target, rejectUnauthorized: false });
    request.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    request.on('error', reject);
    request.end();
  });
  if (status !== 200) throw new Error(`/healthz answers ${status}`);
}

async function checkWorker({ temporal }: ServiceConfig): Promise<void> {
  const unpolled = await unpolledQueues(temporal, hostname());
  if (unpolled.length > 0) throw new Error(`no worker of ${hostname()} polls ${unpolled.join(', ')}`);
}

const CHECKS = new Map([
  ['api', checkApi],
  ['worker', checkWorker],
]);

async function main(): Promise<void> {
  const check = CHECKS.get(process.argv[2] ?? '');
  if (check === undefined) throw new Error(`name the part: ${[...CHECKS.keys()].join(' or ')}`);
  await check(readServiceConfig(process.env));
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
