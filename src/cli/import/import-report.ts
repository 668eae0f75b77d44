import type { ImportOutcome, ImportPlan } from './import-file.ts';
import type { ImportTotals } from './import-ledger.ts';

/** Rate and remaining time, from what this run itself has sent. */
export class ImportSpeed {
  readonly #startedAtMs = performance.now();
  readonly #totalBytes: number;
  #firstOffset: number | null = null;

  constructor(totalBytes: number) {
    this.#totalBytes = totalBytes;
  }

  get seconds(): number {
    return (performance.now() - this.#startedAtMs) / 1_000;
  }

  rowsPerSecond({ rows, resumedRows }: ImportTotals): number {
    return Math.round((rows - resumedRows) / Math.max(this.seconds, 0.001));
  }

  describe(totals: ImportTotals): string {
    this.#firstOffset ??= totals.resumedRows > 0 ? totals.offset : 0;
    const bytesPerSecond = (totals.offset - this.#firstOffset) / Math.max(this.seconds, 0.001);
    const left = bytesPerSecond > 0 ? Math.ceil((this.#totalBytes - totals.offset) / bytesPerSecond) : null;
    const rejected = totals.rejected > 0 ? ` · ${count(totals.rejected)} rejected` : '';
    const eta = left === null ? '' : ` · ETA ${duration(left)}`;
    return `${count(totals.rows)} rows · ${count(this.rowsPerSecond(totals))}/s${rejected}${eta}`;
  }
}

export function reportText(plan: ImportPlan, { totals, finished }: ImportOutcome, speed: ImportSpeed): string {
  const from = totals.resumedRows > 0 ? `, ${count(totals.resumedRows)} of them before` : '';
  const rate = `${speed.seconds.toFixed(1)} s, ${count(speed.rowsPerSecond(totals))} a second`;
  return [
    `${plan.file.path}: ${count(totals.rows)} rows${from} (${rate})`,
    `  created     ${count(totals.created)}`,
    `  duplicates  ${count(totals.duplicates)}`,
    `  rejected    ${count(totals.rejected)}${totals.rejected > 0 ? `, each with its reason in ${plan.rejectsPath}` : ''}`,
    ...(totals.unreadFromLine === null
      ? []
      : [`The file is damaged at line ${totals.unreadFromLine}; what follows there was not read.`]),
    ...(finished ? [] : ['Interrupted. Repeat the command to go on.']),
  ].join('\n');
}

export function reportJson(plan: ImportPlan, { totals, finished }: ImportOutcome, speed: ImportSpeed): object {
  return {
    object: 'event_import',
    file: plan.file.path,
    finished,
    rows: totals.rows,
    resumed_rows: totals.resumedRows,
    created: totals.created,
    duplicates: totals.duplicates,
    rejected: totals.rejected,
    unread_from_line: totals.unreadFromLine,
    rejects_file: totals.rejected > 0 ? plan.rejectsPath : null,
    seconds: Number(speed.seconds.toFixed(3)),
  };
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
