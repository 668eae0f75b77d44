import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { BROKER_ENV, brokerHandle } from './broker-address.ts';

/**
 * Starts the broker of test servers. It starts PostgreSQL, Temporal and the workflow bundle only when a test first
 * asks for them, so pure tests wait for nothing; it stops them when its standard input ends, so a killed test run
 * leaves none behind.
 */
export default async function globalSetup(): Promise<void> {
  const main = fileURLToPath(new URL('./servers/main.ts', import.meta.url));
  const broker = spawn(process.execPath, [main], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: broker.stdout });
  const [line] = await Promise.race([
    once(lines, 'line'),
    once(broker, 'exit').then(([code]) => Promise.reject(new Error(`the broker of test servers ended (${code})`))),
  ]);
  brokerHandle.process = broker;
  process.env[BROKER_ENV] = `http://127.0.0.1:${JSON.parse(String(line)).port}`;
}
