import { bundleWorkflowCode } from '@temporalio/worker';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Bundles the workflow code once for the whole test run. */
export async function makeWorkflowBundle(folder: string): Promise<{ codePath: string }> {
  const { code } = await bundleWorkflowCode({ workflowsPath: path.join(ROOT, 'workflows', 'index.ts') });
  const codePath = path.join(folder, `workflow-bundle.js`);
  await writeFile(codePath, code);
  return { codePath };
}
