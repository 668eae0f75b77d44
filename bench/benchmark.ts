import type { BenchServers } from './support/servers.ts';

/** How much of it: `n` is what the benchmark counts, `runs` how often it is measured. */
export interface BenchSize {
  readonly n: number;
  readonly runs: number;
}

/** Raw figures of one thing that was measured, one a run. */
export interface Series {
  readonly label: string;
  readonly unit: string;
  readonly values: readonly number[];
}

export interface Report {
  readonly series: readonly Series[];
  /** What the product reached of what it is compared with, one a pair of runs; absent where there is nothing to compare. */
  readonly ratio?: Series;
  /** What was checked of the results: a benchmark of wrong work says nothing, so a failed check throws. */
  readonly checked: readonly string[];
}

export interface Benchmark {
  readonly name: string;
  /** What is measured, and how, in sentences. */
  readonly method: string;
  readonly full: BenchSize;
  /** For its function alone: its figures mean nothing. */
  readonly small: BenchSize;
  run(bench: {
    readonly servers: BenchServers;
    readonly size: BenchSize;
    readonly say: (text: string) => void;
  }): Promise<Report>;
}
