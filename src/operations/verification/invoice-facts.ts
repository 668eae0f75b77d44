import { currencyDigits } from '../../domain/currency.ts';
import { decimal, decimalText } from '../../domain/decimal.ts';
import type { Content, Facts, Part } from '../../domain/invoicing/differences.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { InvoiceLineRow } from '../../storage/invoice-lines.ts';
import type { InvoiceTaxRow } from '../../storage/invoice-taxes.ts';
import type { LineContent } from '../billing/invoice-content.ts';

/** One side of a comparison: what an invoice says, as rows of the database or as rows that a computation would write. */
export interface InvoiceSide {
  readonly currency: string;
  readonly facts: Facts;
  readonly lines: readonly (LineContent & Pick<InvoiceLineRow, 'position'>)[];
  readonly taxes: readonly InvoiceTaxRow[];
  readonly draws: readonly {
    readonly periodNumber: number;
    readonly grantId: string;
    readonly chargeId: string;
    /** Decimal text. */
    readonly drawn: string;
  }[];
}

/** The side in the one form in which sides are compared: equal values have equal texts. */
export function contentOf(side: InvoiceSide): Content {
  const { currency } = side;
  return {
    facts: side.facts,
    parts: distinct([
      ...side.lines.map((line) => linePart(line, currency)),
      ...side.taxes.map((tax) => taxPart(tax, currency)),
      ...side.draws.map(drawPart),
    ]),
  };
}

/** A decimal without the zeros that numeric keeps. */
function plainText(text: string): string;
function plainText(text: string | null): string | null;
function plainText(text: string | null): string | null {
  return text === null ? null : decimalText(decimal(text));
}

/** An amount in the currency's decimals; in more only where it has more, which no amount may. */
export function moneyText(text: string, currency: string): string {
  const amount = decimal(text);
  const digits = currencyDigits(currency);
  return amount.toDecimalPlaces(digits).equals(amount) ? amount.toFixed(digits) : decimalText(amount);
}

function linePart(line: InvoiceSide['lines'][number], currency: string): Part {
  const amount = moneyText(line.amount, currency);
  return {
    key: `line ${line.periodNumber} ${line.chargeId ?? ''} ${line.kind}`,
    path: `lines[${line.position}]`,
    summary: `${line.description}: ${amount}`,
    facts: {
      position: String(line.position),
      description: line.description,
      event_name: line.eventName,
      pricing_model: line.pricingModel,
      period_start: formatInstant(line.periodStart),
      period_end: formatInstant(line.periodEnd),
      event_count: line.eventCount === null ? null : String(line.eventCount),
      quantity: plainText(line.quantity),
      usage_quantity: plainText(line.usageQuantity),
      credited_quantity: plainText(line.creditedQuantity),
      billable_quantity: plainText(line.billableQuantity),
      ...tierFacts(line.tiers),
      amount_unrounded: plainText(line.amountUnrounded),
      previously_billed: moneyText(line.previouslyBilled, currency),
      amount,
    },
  };
}

function tierFacts(text: string): Facts {
  const tiers: readonly Facts[] = JSON.parse(text);
  const names = ['up_to', 'quantity', 'unit_amount', 'flat_amount', 'amount_unrounded'];
  return Object.fromEntries(
    tiers.flatMap((tier, index) => names.map((name) => [`tiers[${index}].${name}`, plainText(tier[name] ?? null)])),
  );
}

function taxPart(tax: InvoiceTaxRow, currency: string): Part {
  const amount = moneyText(tax.amount, currency);
  const percentage = plainText(tax.percentage);
  return {
    key: `tax ${tax.taxRateId}`,
    path: `taxes[${tax.position}]`,
    summary: `${tax.name} ${percentage} %: ${amount}`,
    facts: {
      position: String(tax.position),
      name: tax.name,
      percentage,
      inclusive: String(tax.inclusive),
      taxable: moneyText(tax.taxable, currency),
      amount,
    },
  };
}

function drawPart(draw: InvoiceSide['draws'][number]): Part {
  const quantity = plainText(draw.drawn);
  const path = `draws[${draw.grantId}/${draw.chargeId}/${draw.periodNumber}]`;
  return { key: path, path, summary: quantity, facts: { quantity } };
}

/** A second part with the same key is another part, that the other side does not have. */
function distinct(parts: readonly Part[]): Part[] {
  const seen = new Map<string, number>();
  return parts.map((part) => {
    const count = (seen.get(part.key) ?? 0) + 1;
    seen.set(part.key, count);
    return count === 1 ? part : { ...part, key: `${part.key} #${count}` };
  });
}
