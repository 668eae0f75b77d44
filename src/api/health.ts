import type { RequestHandler } from 'express';
import { selectOne } from '../storage/health.ts';
import type { ApiDeps } from './deps.ts';
import { send } from './respond.ts';

const PROBE_TIMEOUT_MS = 3_000;

type State = 'up' | 'down';

/** The process answers. */
export const answerHealth: RequestHandler = (_request, response) => {
  send(response, { status: 200, headers: {}, text: JSON.stringify({ status: 'ok' }) });
};

/** Whether everything can be served; names the dependency that is down. Without Temporal all but clocks and cycles still works. */
export function answerReadiness(deps: ApiDeps): RequestHandler {
  return async (_request, response) => {
    const [database, temporal] = await Promise.all([
      stateOf(() => selectOne(deps.db)),
      stateOf(() => deps.probeTemporal()),
    ]);
    const isReady = database === 'up' && temporal === 'up';
    const text = JSON.stringify({ status: isReady ? 'ready' : 'not_ready', dependencies: { database, temporal } });
    send(response, { status: isReady ? 200 : 503, headers: isReady ? {} : { 'Retry-After': '1' }, text });
  };
}

async function stateOf(probe: () => Promise<unknown>): Promise<State> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<State>((resolve) => {
    timer = setTimeout(() => resolve('down'), PROBE_TIMEOUT_MS);
  });
  const probed = probe().then(
    (): State => 'up',
    (): State => 'down',
  );
  return Promise.race([probed, tooLate]).finally(() => clearTimeout(timer));
}
