import path from 'node:path';
import { readJson, writeJson } from '../home.ts';
import { endProcess, identifyProcess, type ProcessIdentity } from './process-identity.ts';
import type { StopStep } from './program.ts';

/** What the home remembers of one embedded server: its ports and the process that last ran it. */
export interface ServerRecord {
  readonly ports: Readonly<Record<string, number>>;
  readonly process: ProcessIdentity | null;
}

/** Remembers in `<home>/<name>.json` which process serves on which ports, so that a later start can find both. */
export class ServerRecordFile {
  readonly #file: string;

  constructor(home: string, name: string) {
    this.#file = path.join(home, `${name}.json`);
  }

  async read(): Promise<ServerRecord> {
    const found = await readJson(this.#file);
    const ports = Object.entries(found?.['ports'] ?? {}).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    );
    const pid = found?.['pid'];
    const startedAt = found?.['started_at'];
    const isKnown = typeof pid === 'number' && typeof startedAt === 'string';
    return { ports: Object.fromEntries(ports), process: isKnown ? { pid, startedAt } : null };
  }

  async write(ports: Readonly<Record<string, number>>, pid: number): Promise<void> {
    const identity = await identifyProcess(pid);
    await writeJson(this.#file, { ports, pid, started_at: identity?.startedAt ?? '' });
  }

  /** Ends the recorded process when a killed run left it behind; true when there was one. */
  async endLeftover(steps: readonly StopStep[]): Promise<boolean> {
    const { process: leftover } = await this.read();
    return leftover !== null && (await endProcess(leftover, steps));
  }
}
