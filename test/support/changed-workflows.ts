import { cp, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { PROJECT_ROOT } from './installation.ts';

/** A change of one file, as a text that stands there once and what it becomes. */
export interface CodeChange {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/**
 * What the block ```` ```diff title="…" file="…" ```` of a page tells: lines with `-` go, lines with `+` come, the others
 * stay; `@@` parts two places of the file.
 */
export function changesOf(page: string, title: string): CodeChange[] {
  const block = new RegExp(`^\`\`\`diff title="${title}" file="(.*)"\n([^]*?)^\`\`\``, 'm').exec(page);
  if (block === null) throw new Error(`no block ${title}`);
  const [, file = '', diff = ''] = block;
  return diff.split(/^@@\n/m).map((part) => ({ file, from: side(part, '+'), to: side(part, '-') }));
}

function side(diff: string, other: '+' | '-'): string {
  const lines = diff.split('\n').filter((line) => line !== '' && !line.startsWith(other));
  return lines.map((line) => line.slice(1)).join('\n');
}

/** Bundles the workflow code as it would be with these changes. The caller removes the folder of the bundle. */
export async function bundleChanged(changes: readonly CodeChange[]): Promise<{ codePath: string; folder: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'durabill-workflows-'));
  await cp(path.join(PROJECT_ROOT, 'workflows'), path.join(folder, 'workflows'), { recursive: true });
  for (const shared of ['src', 'node_modules', 'package.json', 'tsconfig.json']) {
    await symlink(path.join(PROJECT_ROOT, shared), path.join(folder, shared));
  }
  for (const { file, from, to } of changes) {
    const target = path.join(folder, file);
    const text = await readFile(target, 'utf8');
    if (text.split(from).length !== 2) throw new Error(`not once in ${file}:\n${from}`);
    await writeFile(
      target,
      text.replace(from, () => to),
    );
  }
  const workflowsPath = path.join(folder, 'workflows', 'index.ts');
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  const codePath = path.join(folder, 'bundle.js');
  await writeFile(codePath, code);
  return { codePath, folder };
}
