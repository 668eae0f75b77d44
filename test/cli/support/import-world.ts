import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { type Gateway, openGateway } from './gateway.ts';
import { type CommandResult, runCommand } from './run-command.ts';

interface ImportSurroundings {
  readonly url?: string;
  readonly signal?: AbortSignal;
}

/** A real API, and for every test a folder and a customer of its own, so that their events are told apart. */
export class ImportWorld {
  #api: TestApi | null = null;
  #ways: Gateway[] = [];
  #tests = 0;
  folder = '';

  get api(): TestApi {
    if (this.#api === null) throw new Error('the API is not started yet');
    return this.#api;
  }

  get customer(): string {
    return `customer-${this.#tests}`;
  }

  async start(): Promise<void> {
    this.#api = await startTestApi();
  }

  async begin(): Promise<void> {
    this.#tests += 1;
    this.folder = await mkdtemp(path.join(tmpdir(), 'durabill-import-'));
  }

  async clear(): Promise<void> {
    await Promise.all(this.#ways.map((way) => way.close()));
    this.#ways = [];
    await rm(this.folder, { recursive: true });
  }

  async openWay(): Promise<Gateway> {
    const way = await openGateway(this.api);
    this.#ways.push(way);
    return way;
  }

  async write(name: string, content: string | Buffer): Promise<string> {
    const written = path.join(this.folder, name);
    await writeFile(written, content);
    return written;
  }

  run(input: string, options: readonly string[], surroundings: ImportSurroundings = {}): Promise<CommandResult> {
    const { url = this.api.url, ...rest } = surroundings;
    const access = ['--url', url, '--key', this.api.testKey];
    return runCommand(['events', 'import', input, ...access, '--event-name', 'call', '--json', ...options], rest);
  }

  /** JSON lines of this test's customer with values `from` to `to` - 1. */
  jsonLines(from: number, to: number): string {
    const line = (n: number) => JSON.stringify({ customer_id: this.customer, timestamp: '2001-01-01T00:00:00Z', n });
    return Array.from({ length: to - from }, (_, index) => `${line(from + index)}\n`).join('');
  }

  async stored(): Promise<{ timestamp: string; properties: Record<string, unknown> }[]> {
    const { body } = await this.api.call('GET', `/events?customer_id=${this.customer}&limit=200`);
    return body.data;
  }

  async countStored(): Promise<number> {
    for (let count = 0, cursor = ''; ; ) {
      const { body } = await this.api.call('GET', `/events?customer_id=${this.customer}&limit=200${cursor}`);
      count += body.data.length;
      if (!body.has_more) return count;
      cursor = `&cursor=${body.next_cursor}`;
    }
  }
}

/** Call it at the top of a test file. */
export function useImportWorld(): ImportWorld {
  const world = new ImportWorld();
  beforeAll(() => world.start());
  afterAll(() => world.api.close());
  beforeEach(() => world.begin());
  afterEach(() => world.clear());
  return world;
}

/** The summary that `--json` prints. */
export interface ImportSummary {
  readonly rows: number;
  readonly resumed_rows: number;
  readonly created: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly rejects_file: string | null;
  readonly unread_from_line: number | null;
}

export function summaryOf(result: CommandResult): ImportSummary {
  return JSON.parse(result.stdout);
}

export interface RejectLine {
  readonly line: number;
  readonly last_line: number;
  readonly row: number;
  readonly faults: readonly { readonly param: string | null; readonly code: string; readonly message: string }[];
  readonly source: string;
}

export async function readRejects(input: string): Promise<RejectLine[]> {
  const text = await readFile(`${input}.rejected.jsonl`, 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
