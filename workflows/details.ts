import { type SubscriptionView, WAYS_OUT } from '../src/orchestration/messages.ts';
import { readableTime, waitSummary } from './display.ts';
import { deadlinesOf, type RunState } from './state.ts';

/** Pure: the card at the top of the workflow's page, in Markdown: what it waits for and why, and what is wrong. */
export function currentDetails(state: RunState): string {
  const { view } = state;
  if (view === null) return state.problem ?? 'Reading the subscription.';
  const rows: [string, string][] = [
    ['Customer', cell(view.customer)],
    ['Plan', `${cell(view.planName)} (${view.plan})`],
    ['Status', view.status],
    ['Period', periodText(view)],
    ['Next', nextText(state, view)],
    ...problemRows(state, view),
    ['Invoice', lastInvoiceText(view)],
    ['API', linkToApi(view, `/v1/subscriptions/${state.ref.subscriptionId}`)],
  ];
  if (view.clock !== null) rows.push(['Clock', `${view.clock.id}, frozen at ${readableTime(view.clock.frozenTime)}`]);
  return ['| | |', '|---|---|', ...rows.map(([name, text]) => `| ${name}${GAP} | ${text} |`)].join('\n');
}

/** The UI's table has no space between its columns; a space at a cell's end that is not at its very end is kept. */
export const GAP = '\u00a0\u200b';

/** What others have written, as one cell of a table: no column of its own, no link, no markup. */
function cell(text: string): string {
  return text.replaceAll(/[\n\r]+/g, ' ').replaceAll(/[\\|[\]<>`*]/g, (mark) => `\\${mark}`);
}

function periodText({ period }: SubscriptionView): string {
  if (period === null) return 'none';
  return `${period.number}: ${readableTime(period.start)} – ${readableTime(period.end)}`;
}

function nextText(state: RunState, view: SubscriptionView): string {
  if (state.problem !== null) return 'none: it waits for an operator';
  const [next] = deadlinesOf(state);
  if (next !== undefined) return waitSummary(view, next);
  if (!view.live) return 'none: it is over';
  return view.status === 'paused' ? 'none: it is paused until it is resumed' : 'none: it waits for an operator';
}

function problemRows({ problem, lastProblem }: RunState, { attention }: SubscriptionView): [string, string][] {
  if (attention !== null) {
    return [
      ['Needs attention', cell(attention.message)],
      ['What to do', WAYS_OUT.attention],
    ];
  }
  if (problem !== null) {
    return [
      ['Needs attention', cell(problem)],
      ['What to do', WAYS_OUT.problem],
    ];
  }
  return [['Problem', lastProblem === null ? 'none' : `${cell(lastProblem)} It is over.`]];
}

function lastInvoiceText(view: SubscriptionView): string {
  const invoice = view.lastInvoice;
  if (invoice === null) return 'none';
  return `${cell(invoice.number ?? 'draft')} ${invoice.total}, ${linkToApi(view, `/v1/invoices/${invoice.id}`)}`;
}

/** A link where the worker knows the address of the API, else its path. Asked with a key of the same mode. */
function linkToApi({ apiUrl }: SubscriptionView, path: string): string {
  return apiUrl == null ? `\`GET ${path}\`` : `[GET ${path}](${apiUrl}${path})`;
}
