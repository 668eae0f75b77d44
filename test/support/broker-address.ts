import type { ChildProcess } from 'node:child_process';

/** Where test files find the broker of test servers. */
export const BROKER_ENV = 'DURABILL_TEST_BROKER';

interface BrokerHandle {
  process?: ChildProcess;
}

const holder = globalThis as typeof globalThis & { durabillTestBroker?: BrokerHandle };
holder.durabillTestBroker ??= {};

/** Handed from globalSetup to globalTeardown, which are separate modules in one process. */
export const brokerHandle: BrokerHandle = holder.durabillTestBroker;
