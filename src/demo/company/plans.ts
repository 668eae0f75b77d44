import type { PricingModel } from '../../domain/plan.ts';
import type { UsageKind } from './usage-kinds.ts';

/** A plan of the company: what the API is asked to make, and what customers on it use. */
export interface DemoPlan {
  readonly model: PricingModel;
  readonly name: string;
  /** As `POST /v1/pricing-plans` takes them. */
  readonly charges: readonly Readonly<Record<string, unknown>>[];
  /** One of these at a time, so a kind that stands twice comes twice as often. */
  readonly usage: readonly UsageKind[];
  /** Events of a customer of medium size in its first month. */
  readonly eventsPerMonth: number;
}

const sumOf = (property: string) => ({ type: 'sum', property });
const flat = (name: string, amount: string) => ({ name, pricing_model: 'flat', amount });

const KILOTOKENS = { event_name: 'completion', aggregation: sumOf('kilotokens') } as const;

/** One for each pricing model, in the order in which customers take them. */
export const DEMO_PLANS: readonly DemoPlan[] = [
  {
    model: 'graduated',
    name: 'Scale',
    usage: ['completion'],
    eventsPerMonth: 90,
    charges: [
      flat('Base fee', '49'),
      {
        ...KILOTOKENS,
        name: 'Tokens, per thousand',
        pricing_model: 'graduated',
        tiers: [
          { up_to: '5000', unit_amount: '0.008' },
          { up_to: '20000', unit_amount: '0.006' },
          { up_to: null, unit_amount: '0.0045', flat_amount: '25' },
        ],
      },
    ],
  },
  {
    model: 'credit',
    name: 'Prepaid credits',
    usage: ['image', 'image', 'completion'],
    eventsPerMonth: 80,
    charges: [
      flat('Monthly access', '99'),
      {
        name: 'Images, 4 credits each',
        event_name: 'image',
        pricing_model: 'credit',
        credits_per_unit: '4',
        unit_amount: '0.011',
      },
      {
        ...KILOTOKENS,
        name: 'Tokens, a quarter credit per thousand',
        pricing_model: 'credit',
        credits_per_unit: '0.25',
        unit_amount: '0.011',
      },
    ],
  },
  {
    model: 'per_unit',
    name: 'Pay as you go',
    usage: ['request', 'request', 'completion'],
    eventsPerMonth: 100,
    charges: [
      {
        name: 'API requests',
        event_name: 'request',
        aggregation: sumOf('calls'),
        pricing_model: 'per_unit',
        unit_amount: '0.00045',
      },
      {
        ...KILOTOKENS,
        name: 'Tokens of the small model, per thousand',
        filters: { model: ['small'] },
        pricing_model: 'per_unit',
        unit_amount: '0.0016',
      },
      {
        ...KILOTOKENS,
        name: 'Tokens of the large model, per thousand',
        filters: { model: ['large'] },
        pricing_model: 'per_unit',
        unit_amount: '0.0125',
      },
    ],
  },
  {
    model: 'package',
    name: 'Image packs',
    usage: ['image'],
    eventsPerMonth: 110,
    charges: [
      {
        name: 'Standard images, packs of 50 (25 free)',
        event_name: 'image',
        filters: { size: ['standard'] },
        pricing_model: 'package',
        package_size: '50',
        package_amount: '12',
        free_units: '25',
      },
      {
        name: 'High-definition images, packs of 10',
        event_name: 'image',
        filters: { size: ['hd'] },
        pricing_model: 'package',
        package_size: '10',
        package_amount: '7.50',
      },
    ],
  },
  {
    model: 'volume',
    name: 'Data pipeline',
    usage: ['transfer'],
    eventsPerMonth: 60,
    charges: [
      flat('Base fee', '19'),
      {
        name: 'Gigabytes processed',
        event_name: 'transfer',
        aggregation: sumOf('gigabytes'),
        pricing_model: 'volume',
        tiers: [
          { up_to: '1000', unit_amount: '0.09' },
          { up_to: '2500', unit_amount: '0.07', flat_amount: '5' },
          { up_to: null, unit_amount: '0.05', flat_amount: '12' },
        ],
      },
    ],
  },
  {
    model: 'flat',
    name: 'Platform licence',
    usage: ['fine_tune'],
    eventsPerMonth: 2,
    charges: [
      flat('Platform licence', '499'),
      {
        ...flat('Fine-tuning workspace, in months of use', '149.50'),
        event_name: 'fine_tune',
        charge_when: 'used',
      },
    ],
  },
];
