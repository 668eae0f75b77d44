/** SQLSTATEs by which PostgreSQL itself says that it is starting, stopping or full; class 08 is the connection's. */
const OUTAGE_STATES = new Set(['57P01', '57P02', '57P03', '53300', '53400', '25006']);
const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
]);
/** node-postgres gives these no code. */
const DRIVER_MESSAGES = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error',
  'the database system is',
];

/** Whether the error means that PostgreSQL cannot be reached now, not that a statement was wrong. */
export function isDatabaseOutage(error: unknown): boolean {
  // Not `instanceof`: a socket's error may come from another realm than this module.
  if (typeof error !== 'object' || error === null) return false;
  const code: unknown = Reflect.get(error, 'code');
  const errors: unknown = Reflect.get(error, 'errors');
  if (Array.isArray(errors) && errors.some(isDatabaseOutage)) return true;
  if (typeof code === 'string' && (code.startsWith('08') || OUTAGE_STATES.has(code) || SOCKET_CODES.has(code)))
    return true;
  const text = String(Reflect.get(error, 'message'));
  return DRIVER_MESSAGES.some((message) => text.includes(message));
}

/** The SQLSTATE of an error of PostgreSQL, else null. */
export function sqlState(error: unknown): string | null {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : null;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}
