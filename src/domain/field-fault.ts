import { decimal, type DecimalText, isNegative, isPositive } from './decimal.ts';
import type { FaultCode } from './errors/fault-codes.ts';
import type { Fault } from './errors/failure.ts';

/** A fault of one field, its message beginning with the field's path. */
export function fault(param: string, code: FaultCode, message: string): Fault {
  return { param, code, message: `${param} ${message}` };
}

export function negativeFaults(param: string, value: DecimalText): Fault[] {
  return isNegative(decimal(value)) ? [fault(param, 'too_small', 'must not be negative.')] : [];
}

export function notPositiveFaults(param: string, value: DecimalText): Fault[] {
  return isPositive(decimal(value)) ? [] : [fault(param, 'too_small', 'must be above 0.')];
}
