import { once } from 'node:events';
import { brokerHandle } from './broker-address.ts';

/** Ends the broker and, with it, every server it started; Jest exits only after all of them are gone. */
export default async function globalTeardown(): Promise<void> {
  const broker = brokerHandle.process;
  if (broker === undefined || broker.exitCode !== null) return;
  const exited = once(broker, 'exit');
  broker.stdin?.end();
  await exited;
}
