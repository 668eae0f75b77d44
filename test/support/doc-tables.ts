import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PROJECT_ROOT } from './installation.ts';

export interface DocTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The tables of a document's sections of the second level, by heading; cells as they are written. */
export async function docTables(document: string): Promise<(section: string) => DocTable[]> {
  const text = await readFile(path.join(PROJECT_ROOT, document), 'utf8');
  const sections = new Map(text.split(/^## /m).map((section) => [section.split('\n')[0] ?? '', section]));
  return (name) => tablesOf((sections.get(name) ?? '').split('\n'));
}

function tablesOf(lines: readonly string[]): DocTable[] {
  const tables: { head: string[]; rows: string[][] }[] = [];
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith('|') || line.startsWith('| ---')) continue;
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (lines[index - 1]?.startsWith('|') === true) tables.at(-1)?.rows.push(cells);
    else tables.push({ head: cells, rows: [] });
  }
  return tables;
}
