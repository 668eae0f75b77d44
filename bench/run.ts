import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Benchmark, BenchSize, Report } from './benchmark.ts';
import { closesAtOneInstant } from './closes-at-one-instant.ts';
import { costOfAPeriod } from './cost-of-a-period.ts';
import { memoryOfSleepers } from './memory-of-sleepers.ts';
import { startServers } from './support/servers.ts';
import { median, readable, spreadPercent } from './support/statistics.ts';
import { yearByTestClock } from './year-by-test-clock.ts';

const BENCHMARKS: readonly Benchmark[] = [closesAtOneInstant, yearByTestClock, costOfAPeriod, memoryOfSleepers];
const USAGE = `npm run bench -- [names] [--small] [--n N] [--runs N] [--out folder]
Names: ${BENCHMARKS.map(({ name }) => name).join(', ')}; without one all of them.`;

/** Runs benchmarks one after the other, each on servers of its own, and prints and writes what they saw. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      small: { type: 'boolean', default: false },
      n: { type: 'string' },
      runs: { type: 'string' },
      out: { type: 'string', default: fileURLToPath(new URL('./results', import.meta.url)) },
    },
  });
  const unknown = positionals.find((name) => !BENCHMARKS.some((each) => each.name === name));
  if (unknown !== undefined) throw new Error(`There is no benchmark ${unknown}.\n${USAGE}`);
  const chosen = BENCHMARKS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  for (const benchmark of chosen) {
    const size = values.small ? benchmark.small : benchmark.full;
    await measure(benchmark, {
      size: { n: count(values.n) ?? size.n, runs: count(values.runs) ?? size.runs },
      folder: values.out,
    });
  }
}

function count(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new Error(`Not a number of things: ${text}\n${USAGE}`);
  return Number(text);
}

async function measure(
  benchmark: Benchmark,
  { size, folder }: { readonly size: BenchSize; readonly folder: string },
): Promise<void> {
  console.log(`\n${benchmark.name}\n${benchmark.method}\nN ${size.n}, runs ${size.runs}`);
  const loadBefore = loadavg();
  const starting = startServers();
  const stop = () => {
    console.error('Interrupted; the servers are being ended.');
    const ended = starting.then((servers) => servers.stop());
    ended.catch((error: unknown) => console.error('ending them failed:', error)).finally(() => process.exit(130));
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const servers = await starting;
  try {
    const report = await benchmark.run({ servers, size, say: (text) => console.log(`  … ${text}`) });
    print(report);
    const load = { before: loadBefore, after: loadavg() };
    console.log(`  load average ${loadBefore[0]?.toFixed(1)} before, ${load.after[0]?.toFixed(1)} after`);
    await write(folder, benchmark, { ...size, load, ...report });
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await servers.stop();
  }
}

function print({ series, ratio, checked }: Report): void {
  for (const { label, unit, values } of ratio === undefined ? series : [...series, ratio]) {
    const raw = values.map(readable).join(', ');
    const spread = values.length < 2 ? '' : `, spread ${readable(spreadPercent(values))} %`;
    console.log(`  ${label}: ${readable(median(values))} ${unit} (${raw}${spread})`);
  }
  for (const sentence of checked) console.log(`  checked: ${sentence}`);
}

async function write(
  folder: string,
  { name, method }: Benchmark,
  facts: Report & BenchSize & { readonly load: object },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const at = new Date().toISOString();
  const machine = {
    cores: availableParallelism(),
    platform: process.platform,
    arch: process.arch,
    node: process.version,
  };
  const file = path.join(folder, `${name}-${at.replaceAll(/[:.]/g, '-')}.json`);
  await writeFile(file, `${JSON.stringify({ benchmark: name, method, at, machine, ...facts }, null, 2)}\n`);
  console.log(`  ${file}`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
