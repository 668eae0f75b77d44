import type { Command } from 'commander';
import { ApiError } from './api-error.ts';
import { CliError } from './cli-error.ts';
import { type CommandContext, contextOf } from './command-context.ts';
import { type Host, printJson, printLine } from './host.ts';
import { startProgress } from './progress.ts';
import {
  accountVerification,
  type CheckedInvariant,
  type InvoiceVerification,
  invoicePage,
  invoiceVerification,
} from './verify-answer.ts';
import { formatReport, isSound, type VerifyReport } from './verify-text.ts';

/** Few, so that the API has room for others. */
const IN_PARALLEL = 4;
const PAGE = 200;

interface VerifyOptions {
  readonly invoice?: string;
  readonly customer?: string;
}

export function addVerifyCommand(program: Command, host: Host): void {
  program
    .command('verify')
    .description('compute all finalized invoices again and compare, then check what is always true of the books')
    .option('--invoice <id>', 'only this invoice')
    .option('--customer <id>', 'only the invoices of this customer, external_id or cus_…')
    .option('--json', 'print what differs as JSON')
    .addHelpText('after', '\nThe exit status is 1 when anything differs or is broken.')
    .action((options: VerifyOptions, command: Command) => verify(host, command, options));
}

async function verify(host: Host, command: Command, options: VerifyOptions): Promise<void> {
  const context = await contextOf(host, command);
  const { invoice, customer } = options;
  const ids = invoice === undefined ? await finalizedIds(context, customer) : [invoice];
  const { different, unverifiable, verified } = await verifyInvoices(context, ids, invoice !== undefined);
  const isPart = invoice !== undefined || customer !== undefined;
  const invariants = isPart ? null : await checkInvariants(context);
  const report = { verified, different, unverifiable, invariants };
  if (context.json) printJson(host, { ok: isSound(report), ...report });
  else printLine(host, formatReport(report));
  if (!isSound(report)) throw new CliError('attention', 'The books are not what they should be.');
}

/** Oldest first. Drafts, and those that were voided as drafts, have no number. */
async function finalizedIds({ client, host }: CommandContext, customer: string | undefined): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined; ; ) {
    stopIfAborted(host);
    const query = { customer_id: customer, limit: PAGE, cursor };
    const { value } = await client.call({ method: 'GET', path: '/invoices', query }, invoicePage);
    ids.push(...value.data.filter(({ number }) => number !== null).map(({ id }) => id));
    cursor = value.next_cursor ?? undefined;
    if (!value.has_more || cursor === undefined) return ids.toReversed();
  }
}

async function verifyInvoices(
  context: CommandContext,
  ids: readonly string[],
  isAlone: boolean,
): Promise<Omit<VerifyReport, 'invariants'>> {
  const { host } = context;
  const progress = startProgress(host, ids.length);
  const outcomes = new Map<string, InvoiceVerification | 'unverifiable'>();
  const left = [...ids].toReversed();
  const work = async () => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      stopIfAborted(host);
      outcomes.set(id, await verifyOne(context, id, isAlone));
      progress.show(outcomes.size, `${outcomes.size} of ${ids.length} invoices`);
    }
  };
  try {
    await Promise.all(Array.from({ length: IN_PARALLEL }, work));
  } finally {
    progress.stop();
  }
  const verified = ids.flatMap((id) => {
    const outcome = outcomes.get(id);
    return outcome === undefined || outcome === 'unverifiable' ? [] : [outcome];
  });
  return {
    verified: verified.length,
    different: verified.filter(({ equal }) => !equal),
    unverifiable: ids.filter((id) => outcomes.get(id) === 'unverifiable'),
  };
}

async function verifyOne(
  { client }: CommandContext,
  id: string,
  isAlone: boolean,
): Promise<InvoiceVerification | 'unverifiable'> {
  const path = `/invoices/${encodeURIComponent(id)}/verify`;
  try {
    return (await client.call({ method: 'POST', path }, invoiceVerification)).value;
  } catch (error) {
    // Among many it is one of an earlier version; who asks for one is told so.
    const isOld = error instanceof ApiError && error.problem.code === 'invoice_without_basis';
    if (isOld && !isAlone) return 'unverifiable';
    throw error;
  }
}

async function checkInvariants({ client, host }: CommandContext): Promise<CheckedInvariant[]> {
  const invariants: CheckedInvariant[] = [];
  for (;;) {
    stopIfAborted(host);
    const body = { value: { after: invariants.at(-1)?.name ?? null } };
    const { value } = await client.call({ method: 'POST', path: '/account/verify', body }, accountVerification);
    invariants.push(...value.invariants);
    if (!value.has_more || value.invariants.length === 0) return invariants;
  }
}

function stopIfAborted(host: Host): void {
  if (host.signal.aborted) throw new CliError('interrupted', 'Interrupted; nothing was written.');
}
