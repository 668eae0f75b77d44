import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

const FOLDER = fileURLToPath(new URL('../replay/histories/', import.meta.url));

/**
 * With RECORD_HISTORIES=1 keeps a run's history for the replay tests. Recorded once for each shipped behaviour;
 * a file that is there is never rewritten: old runs must replay for ever. An event a line.
 */
export async function recordHistory(
  client: Client,
  run: { readonly name: string; readonly workflowId: string; readonly runId?: string },
): Promise<void> {
  if (process.env.RECORD_HISTORIES !== '1') return;
  const history = await client.workflow.getHandle(run.workflowId, run.runId).fetchHistory();
  // Who ran it tells nothing; the name of a machine does not belong here.
  const text = historyToJSON(history)
    .replaceAll(/"identity": ?"[^"]*"/g, '"identity": "worker"')
    .replaceAll(/"\d+@[^"]*"/g, '"sticky"');
  const { events } = JSON.parse(text) as { events: unknown[] };
  const lines = events.map((event) => JSON.stringify(event)).join(',\n');
  await mkdir(FOLDER, { recursive: true });
  await writeFile(path.join(FOLDER, `${run.name}.json`), `{"events":[\n${lines}\n]}\n`, { flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    },
  );
}
