/** The prefixes of all public ids. An id is `<prefix>_` and 26 base-32 digits of a UUIDv7: it sorts by its making. */
export const ID_PREFIXES = {
  account: 'acct',
  apiKey: 'key',
  event: 'evt',
  customer: 'cus',
  plan: 'plan',
  charge: 'chg',
  subscription: 'sub',
  historyEntry: 'she',
  invoice: 'inv',
  line: 'il',
  grant: 'cg',
  creditEntry: 'ce',
  balanceEntry: 'cbe',
  payment: 'pay',
  creditNote: 'cn',
  testClock: 'clk',
  taxRate: 'txr',
  request: 'req',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;
/** A public id of one kind; made by `platform/new-id` or checked by `parseId`. */
export type Id<K extends IdKind> = string & { readonly __id: K };

const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const BODY = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** The 26 base-32 digits (Crockford's alphabet, lower case) of a UUID; their order is the UUID's order. */
export function encodeUuid(uuid: string): string {
  let value = BigInt(`0x${uuid.replaceAll('-', '')}`);
  let text = '';
  for (let index = 0; index < 26; index += 1) {
    text = DIGITS.charAt(Number(value & 31n)) + text;
    value >>= 5n;
  }
  return text;
}

export function decodeUuid(body: string): string {
  let value = 0n;
  for (const digit of body) value = (value << 5n) | BigInt(DIGITS.indexOf(digit));
  const hex = value.toString(16).padStart(32, '0');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export function idFromUuid<K extends IdKind>(kind: K, uuid: string): Id<K> {
  return `${ID_PREFIXES[kind]}_${encodeUuid(uuid)}` as Id<K>;
}

/** Null when the text is not a well-formed id of that kind: callers answer `not_found`, as for a missing row. */
export function parseId<K extends IdKind>(kind: K, text: string): Id<K> | null {
  const prefix = `${ID_PREFIXES[kind]}_`;
  return text.startsWith(prefix) && BODY.test(text.slice(prefix.length)) ? (text as Id<K>) : null;
}

export function uuidFromId(id: string): string {
  return decodeUuid(id.slice(id.indexOf('_') + 1));
}
