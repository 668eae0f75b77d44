import { formatTable } from './table.ts';
import type { CheckedInvariant, InvoiceVerification } from './verify-answer.ts';

/** What verifying came to. */
export interface VerifyReport {
  /** Of finalized invoices. */
  readonly verified: number;
  /** Those that differ. */
  readonly different: readonly InvoiceVerification[];
  /** Numbers of invoices of which was not recorded what they were computed from. */
  readonly unverifiable: readonly string[];
  /** null: they were not looked at. */
  readonly invariants: readonly CheckedInvariant[] | null;
}

/** Whether nothing is wrong; warnings and what cannot be verified are no violation. */
export function isSound({ different, invariants }: VerifyReport): boolean {
  return different.length === 0 && (invariants ?? []).every((each) => !isBroken(each) && each.checked);
}

function isBroken({ severity, violations }: CheckedInvariant): boolean {
  return severity !== 'warning' && violations > 0;
}

/** Every difference and violation for reading, and what was looked at. */
export function formatReport(report: VerifyReport): string {
  const broken = (report.invariants ?? []).filter(({ violations, checked }) => violations > 0 || !checked);
  return [
    ...report.different.map(formatDifferences),
    ...broken.map(formatInvariant),
    [...summary(report), isSound(report) ? 'Everything agrees.' : 'There are differences.'].join('\n'),
  ].join('\n\n');
}

function formatDifferences({ number, invoice_id, differences, problem }: InvoiceVerification): string {
  const rows = differences.map(({ path, stored, recomputed }) => [`  ${path}`, stored ?? '-', recomputed ?? '-']);
  return [
    `${number} (${invoice_id}) is not what comes out when it is computed again:`,
    ...(problem === null ? [] : [`  it cannot be computed: ${problem}`]),
    formatTable([{ title: '  WHAT' }, { title: 'STORED' }, { title: 'RECOMPUTED' }], rows),
  ].join('\n');
}

function formatInvariant(invariant: CheckedInvariant): string {
  const { name, description, severity, checked, violations, examples } = invariant;
  if (!checked) return `Not checked, the database was too slow: ${description} (${name})`;
  const rows = violations === 1 ? '1 row' : `${violations} rows`;
  const shown = examples.map((example) => {
    const facts = Object.entries(example).filter(([, value]) => value !== null);
    return `  ${facts.map(([fact, value]) => `${fact} ${value}`).join(', ')}`;
  });
  const more = violations > examples.length ? [`  and ${violations - examples.length} more`] : [];
  return [
    `${severity === 'warning' ? 'Warning' : 'Broken'} by ${rows}: ${description} (${name})`,
    ...shown,
    ...more,
  ].join('\n');
}

function summary({ verified, different, unverifiable, invariants }: VerifyReport): string[] {
  const differing =
    different.length === 0 ? 'all equal' : `${different.length} ${different.length === 1 ? 'differs' : 'differ'}`;
  return [
    `${verified} ${verified === 1 ? 'invoice' : 'invoices'} computed again: ${differing}.`,
    ...(unverifiable.length === 0 ? [] : [`${unverifiable.length} of earlier versions cannot be computed again.`]),
    ...(invariants === null
      ? []
      : [`${invariants.length} invariants checked: ${invariants.filter(isBroken).length || 'none'} broken.`]),
  ];
}
