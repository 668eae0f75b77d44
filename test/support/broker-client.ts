import { BROKER_ENV } from './broker-address.ts';

/** Asks the broker of test servers; the first request for a server starts it. Throws with the broker's reason. */
export async function askBroker<Answer>(method: 'POST' | 'DELETE', path: string): Promise<Answer> {
  const base = process.env[BROKER_ENV];
  if (base === undefined) throw new Error(`${BROKER_ENV} is not set: run tests through Jest's global setup`);
  const response = await fetch(`${base}${path}`, { method });
  const text = await response.text();
  if (!response.ok) throw new Error(`test servers: ${text}`);
  return JSON.parse(text) as Answer;
}
