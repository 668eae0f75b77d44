import * as z from 'zod';

const step = z.object({ name: z.string(), formula: z.string(), result: z.string() });

/** What the API answers to GET /invoices/{id}/explain, as far as it is printed. */
export const invoiceExplanation = z.object({
  number: z.string().nullable(),
  status: z.string(),
  currency: z.string(),
  usage_cutoff_at: z.string().nullable(),
  lines: z.array(
    z.object({
      description: z.string(),
      period_number: z.int(),
      period_start: z.string(),
      period_end: z.string(),
      rule: z.string(),
      usage: z.object({ event_count: z.int(), digest: z.string(), events_url: z.string().nullable() }).nullable(),
      credits: z.array(
        z.object({
          from: z.string(),
          to: z.string(),
          usage: z.string(),
          draws: z.array(z.object({ grant_id: z.string(), quantity: z.string() })),
        }),
      ),
      steps: z.array(step),
      amount: z.string(),
    }),
  ),
  amounts: z.array(step),
});

type Explanation = z.output<typeof invoiceExplanation>;
type Line = Explanation['lines'][number];
type Step = z.output<typeof step>;

const WIDTH = 96;

/** An explanation for reading: every line with its rule, its credits and its arithmetic; the results stand right. */
export function formatExplanation(explanation: Explanation): string {
  const title = `Invoice ${explanation.number ?? '(draft)'}`;
  const cutoff = explanation.usage_cutoff_at;
  return [
    leftRight(`${title}, in ${explanation.currency}`, explanation.status),
    ...(cutoff === null ? [] : [`Events that had arrived by ${cutoff}.`]),
    '='.repeat(WIDTH),
    ...explanation.lines.flatMap((line) => [...formatLine(line), '']),
    '-'.repeat(WIDTH),
    ...explanation.amounts.map((each) => formatStep(each, '')),
  ].join('\n');
}

function formatLine(line: Line): string[] {
  return [
    leftRight(line.description, line.amount),
    `  Period ${line.period_number}: ${line.period_start} to ${line.period_end}`,
    `  ${line.rule}`,
    ...line.credits.flatMap(formatDraws),
    ...line.steps.filter(({ name }) => name !== 'amount').map((each) => formatStep(each, '    ')),
    ...eventsOf(line),
  ];
}

function formatDraws({ from, to, usage, draws }: Line['credits'][number]): string[] {
  return draws.map((draw) => `    ${from} to ${to}: ${draw.quantity} of ${usage} by ${draw.grant_id}`);
}

function eventsOf({ usage }: Line): string[] {
  if (usage === null) return [];
  const where = usage.events_url === null ? '' : `, see GET ${usage.events_url}`;
  return [`    ${usage.event_count} events${where}`, `    sha256 ${usage.digest}`];
}

function formatStep({ name, formula, result }: Step, indent: string): string {
  return leftRight(`${indent}${name.replaceAll('_', ' ').padEnd(18)}${formula}`, result);
}

/** At least two spaces between them; a text that is too long takes more than the width. */
function leftRight(left: string, right: string): string {
  const gap = Math.max(2, WIDTH - left.length - right.length);
  return `${left}${' '.repeat(gap)}${right}`;
}
