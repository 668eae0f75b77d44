import { askBroker } from './broker-client.ts';

/**
 * A real Temporal development server (in memory) shared by the test run. Use a namespace or a task queue of your own
 * in each test file.
 */
export async function testTemporal(): Promise<{ readonly address: string }> {
  return askBroker<{ address: string }>('POST', '/temporal');
}

/** The executable of the time-skipping test server: `server: { executable: { type: 'existing-path', path } }`. */
export async function timeSkippingServerPath(): Promise<string> {
  const { path } = await askBroker<{ path: string }>('POST', '/time-skipping-server');
  return path;
}

/** The bundle of `workflows/index.ts`, made once in a test run: give it to a worker as `workflowBundle`. */
export async function workflowBundle(): Promise<{ readonly codePath: string }> {
  return askBroker<{ codePath: string }>('POST', '/workflow-bundle');
}
