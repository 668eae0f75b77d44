/** Every limit of the product, in one place, each with its reason. */
export const LIMITS = {
  /** A legal batch of 1,000 events with 4 kB of properties each. */
  bodyBytes: 5_000_000,
  /** Deeper bodies overflow the stack of recursive validators. */
  jsonDepth: 8,
  batchEvents: 1_000,
  propertyKeys: 64,
  propertyBytes: 8_192,
  metadataPairs: 50,
  stringLength: 1_024,
  idempotencyKeyLength: 255,
  pageSizeDefault: 50,
  pageSizeMax: 200,
  upcomingPeriods: 120,
  /** Lines that are named one by one; a note over all that is left of an invoice names none. */
  creditNoteLines: 1_000,
  charges: 200,
  tiers: 100,
  /** Rates of one customer or account; each is a row of every invoice. */
  taxRates: 20,
  filterProperties: 16,
  filterValues: 100,
  /** Digits of money, prices, tiers and grant amounts (billing rules 1). */
  moneyIntegerDigits: 30,
  moneyFractionDigits: 12,
  /** Digits of a number in an event's properties that a sum uses exactly. */
  propertyIntegerDigits: 30,
  propertyFractionDigits: 30,
  /** A computed quantity or amount beyond this makes the subscription need attention. */
  computedIntegerDigits: 60,
  eventAheadSeconds: 3_600,
  /** A bank's clock may be ahead of ours; a payment that is still to come is none. */
  paymentAheadSeconds: 3_600,
  intervalCount: 1_000,
  /** Missed periods that a start in the past may have: each is closed, one by one. */
  missedPeriods: 10_000,
  /** Due steps of one customer that one API request carries out before it answers `catching_up`. */
  stepsPerRequest: 1_000,
  /** A request that checks a whole account begins no invariant after so long; the next request goes on from there. */
  accountCheckMs: 10_000,
  /** One invariant reads every row that it is about; longer than that, and clients give up. */
  invariantMs: 40_000,
  /** Rows that break an invariant and are shown. */
  breachExamples: 10,
  /** Alarms ring within seconds and their jitter; what is due for longer is late. */
  overdueGraceSeconds: 180,
  /** What was started or told to go on has done so by then, or never will. */
  reviveSeconds: 180,
  /** The relay delivers at once, and tries again at least every minute. */
  nudgeSeconds: 300,
  /** Of rounds that begin every minute some may be missed while workers are replaced. */
  reconcilerSeconds: 300,
  /** A report counts up to here: beyond it one more tells nothing. */
  healthCount: 10_000,
  /** Of each kind, what a report shows. */
  healthShown: 50,
  /** Subscriptions whose workflows one request asks to be started. */
  repairPage: 1_000,
  /** A sleeping workflow wakes at least this often, so new code and lost nudges reach it. */
  sweepDays: 31,
  /** Writers of one customer's events are excluded by a lock on its bucket; more buckets, less false sharing. */
  eventBuckets: 64,
  periodsPerRun: 12,
} as const;
