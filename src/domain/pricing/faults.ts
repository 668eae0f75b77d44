import { decimal, type DecimalText, isNegative, isPositive } from '../decimal.ts';
import type { Fault } from '../errors/failure.ts';

export function negativeFaults(param: string, value: DecimalText): Fault[] {
  return isNegative(decimal(value)) ? [{ param, code: 'negative', message: `${param} must not be negative.` }] : [];
}

export function notPositiveFaults(param: string, value: DecimalText): Fault[] {
  return isPositive(decimal(value)) ? [] : [{ param, code: 'not_positive', message: `${param} must be above 0.` }];
}
