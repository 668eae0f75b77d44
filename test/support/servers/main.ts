/** The broker of test servers: a process of the test run that starts each server when it is first asked for. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findTemporalCli, findTemporalTestServer } from '../../../src/platform/embedded/temporal-binaries.ts';
import { startTemporal, TEMPORAL_STOP } from '../../../src/platform/embedded/temporal-server.ts';
import { freePort } from '../../../src/platform/embedded/free-port.ts';
import { type RunningProgram, type StopStep, stopProgram } from '../../../src/platform/embedded/program.ts';
import { type TestCluster, startTestCluster } from './test-cluster.ts';
import { makeWorkflowBundle } from './workflow-bundle.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'durabill-test-'));
const running: { program: RunningProgram; steps: readonly StopStep[] }[] = [];
const once = new Map<string, Promise<unknown>>();

function onlyOnce<Result>(name: string, make: () => Promise<Result>): Promise<Result> {
  const known = once.get(name) ?? make();
  once.set(name, known);
  return known as Promise<Result>;
}

function postgres(): Promise<TestCluster> {
  return onlyOnce('postgres', async () => {
    const cluster = await startTestCluster(path.join(folder, 'postgres'));
    running.push({
      program: cluster.program,
      steps: [
        { signal: 'SIGQUIT', waitMs: 3_000 },
        { signal: 'SIGKILL', waitMs: 1_000 },
      ],
    });
    return cluster;
  });
}

function temporal(): Promise<{ address: string }> {
  return onlyOnce('temporal', async () => {
    const command = await findTemporalCli(announce);
    const server = await startTemporal({
      command,
      folder: path.join(folder, 'temporal'),
      port: await freePort(),
      keepsData: false,
    });
    running.push({ program: server.program, steps: TEMPORAL_STOP });
    return { address: server.address };
  });
}

function announce(message: string): void {
  console.error(message);
}

async function answer(method: string, url: URL): Promise<unknown> {
  const [, resource, name] = url.pathname.split('/');
  switch (`${method} ${resource}`) {
    case 'POST databases':
      return (await postgres()).create({ migrated: !url.searchParams.has('empty') });
    case 'DELETE databases':
      await (await postgres()).drop(name ?? '');
      return {};
    case 'POST temporal':
      return temporal();
    case 'POST time-skipping-server':
      return { path: await onlyOnce('time-skipping', () => findTemporalTestServer(announce)) };
    case 'POST workflow-bundle':
      return onlyOnce('bundle', () => makeWorkflowBundle(folder));
    default:
      throw new Error(`the broker knows no ${method} ${url.pathname}`);
  }
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(body);
}

const server = createServer((request, response) => {
  answer(request.method ?? '', new URL(request.url ?? '/', 'http://broker')).then(
    (value) => send(response, 200, JSON.stringify(value)),
    (error: unknown) => send(response, 500, error instanceof Error ? error.message : String(error)),
  );
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the broker has no port');
  console.log(JSON.stringify({ port: address.port }));
});

let ending = false;
async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  server.close();
  // A server that is still on its way up is waited for: nothing may outlive the broker.
  await Promise.allSettled(once.values());
  if (once.has('postgres'))
    await postgres().then(
      (cluster) => cluster.close(),
      () => undefined,
    );
  await Promise.all(running.map(({ program, steps }) => stopProgram(program, steps)));
  await rm(folder, { recursive: true, force: true });
  process.exit(0);
}

process.stdin.resume();
process.stdin.once('end', () => void end());
process.stdin.once('error', () => void end());
// A Ctrl-C reaches Jest as well, which then closes our standard input or dies; both end us.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => void end());
