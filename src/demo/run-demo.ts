import { once } from 'node:events';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { CliError } from '../cli/cli-error.ts';
import type { ConnectionOptions } from '../cli/connection.ts';
import { EXIT_STATUS, EXIT_STATUS_HELP } from '../cli/exit-status.ts';
import { type Host, printNote } from '../cli/host.ts';
import { reportError } from '../cli/report-error.ts';
import { MAX_CUSTOMERS } from './company/customers.ts';
import { type OpenProduct, openProduct } from './open-product.ts';
import { showYear, type YearOptions } from './show-year.ts';

type DemoOptions = ConnectionOptions & YearOptions;

/** The API tells no more than 120 periods ahead. */
const MAX_MONTHS = 60;

const NOTES = `
The same seed gives the same plans, customers and events, to the byte; each run on the same installation takes new
customers, whose ids end in its number. Only the public HTTP API is used, with a test key.

Where no product of the home (DURABILL_HOME, by default .durabill in the project) is running and none is named, one is
started as \`npm start\` does; after the demo it runs on, for the links, until Ctrl-C.
`;

/**
 * A year of an AI-API company, shown to a person.
 *
 * @param args what stands behind the program's name
 * @returns the exit status (see exit-status)
 */
export async function runDemo(args: readonly string[], host: Host): Promise<number> {
  let product: OpenProduct | null = null;
  try {
    const options = readOptions(args, host);
    product = await openProduct(host, options);
    const needAttention = await showYear(host, product, options);
    await stayForLinks(host, product);
    if (needAttention > 0) throw new CliError('attention', `Subscriptions that need attention: ${needAttention}.`);
    return EXIT_STATUS.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_STATUS.ok : EXIT_STATUS.usage;
    return reportError(host, error);
  } finally {
    await product?.own?.stop();
  }
}

function readOptions(args: readonly string[], host: Host): DemoOptions {
  return new Command('npm run demo --')
    .description('Lives through a year of an AI-API company on a test clock and shows its invoices.')
    .option('--seed <text>', 'of everything that looks random', readSeed, '1')
    .option('--customers <n>', `1 to ${MAX_CUSTOMERS}`, readCount(MAX_CUSTOMERS), 25)
    .option('--months <n>', `1 to ${MAX_MONTHS}`, readCount(MAX_MONTHS), 12)
    .option('--url <url>', 'address of the API (default: DURABILL_URL, else that of the home)')
    .option('--key <key>', 'test key (default: DURABILL_API_KEY, else that of the home)')
    .addHelpText('after', `${NOTES}\n${EXIT_STATUS_HELP}`)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => host.stdout.write(text),
      writeErr: (text) => host.stderr.write(text),
    })
    .parse(args, { from: 'user' })
    .opts<DemoOptions>();
}

/** A product that was running before goes on without us. */
async function stayForLinks(host: Host, { own, url }: OpenProduct): Promise<void> {
  if (own === null) return;
  printNote(host, `\n${url} runs on, so that the links work; Ctrl-C ends it, \`npm start\` starts it again.`);
  if (!host.signal.aborted) await Promise.race([once(host.signal, 'abort'), own.exited]);
  if (!host.signal.aborted) throw new CliError('unreachable', 'The product has ended.');
}

function readSeed(text: string): string {
  if (/^[\x21-\x7e]{1,100}$/.test(text)) return text;
  throw new InvalidArgumentError('It is a text of 1 to 100 ASCII characters without spaces.');
}

function readCount(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= 1 && value <= max) return value;
    throw new InvalidArgumentError(`It is a whole number from 1 to ${max}.`);
  };
}
