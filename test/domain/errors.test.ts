import { describe, expect, test } from '@jest/globals';
import { ERRORS, type ErrorCode, STATUS_OF_TYPE, statusOf } from '../../src/domain/errors/catalogue.ts';
import { Failure, invalidField } from '../../src/domain/errors/failure.ts';
import { FAULTS, isFaultCode } from '../../src/domain/errors/fault-codes.ts';

const CODES = Object.keys(ERRORS) as ErrorCode[];

describe('the catalogue', () => {
  test.each(CODES)('%s has a type with its status, and tells what it means and what to do', (code) => {
    const { type, meaning, fix } = ERRORS[code];
    expect(Object.keys(STATUS_OF_TYPE)).toContain(type);
    expect([meaning, fix].every((text) => /^[A-Z`].+\.$/.test(text))).toBe(true);
  });

  test.each(Object.entries(FAULTS))('%s tells what it means and what to do', (_, { meaning, fix }) => {
    expect([meaning, fix].every((text) => /^[A-Z`].+\.$/.test(text))).toBe(true);
  });
});

describe('the status of a code', () => {
  test.each([
    ['invalid_body', 400],
    ['not_found', 404],
    ['idempotency_conflict', 409],
    ['internal_error', 500],
    ['database_unavailable', 503],
    ['temporal_unavailable', 503],
  ] as const)('%s is %i', (code, status) => {
    expect(statusOf(code)).toBe(status);
  });
});

describe('a fault of one field', () => {
  test('has a code with a page of its own, or that of a field that is not supported', () => {
    expect(['missing', 'unsupported_field'].map(isFaultCode)).toEqual([true, true]);
    expect(['', 'invalid_body', 'toString'].map(isFaultCode)).toEqual([false, false, false]);
  });
});

describe('a failure', () => {
  test('has a code and a message, and nothing else unless it is given', () => {
    const failure = new Failure('not_found', 'No such invoice.');
    expect(failure).toBeInstanceOf(Error);
    expect(failure).toMatchObject({
      name: 'Failure',
      code: 'not_found',
      message: 'No such invoice.',
      param: null,
      details: [],
      retryAfterSeconds: null,
    });
    expect(Object.hasOwn(failure, 'cause')).toBe(false);
  });

  test('keeps what it is given', () => {
    const cause = new Error('socket closed');
    const failure = new Failure('database_unavailable', 'Later.', { param: 'id', retryAfterSeconds: 0, cause });
    expect(failure).toMatchObject({ param: 'id', retryAfterSeconds: 0, cause });
  });

  test('is about the field of its first detail, if it names no other', () => {
    const details = [
      { param: 'tiers[1].up_to', code: 'missing', message: 'tiers[1].up_to is missing.' },
      { param: 'name', code: 'missing', message: 'name is missing.' },
    ] as const;
    expect(new Failure('invalid_body', 'Two faults.', { details }).param).toBe('tiers[1].up_to');
    expect(new Failure('invalid_body', 'Two faults.', { details, param: 'tiers' }).param).toBe('tiers');
    expect(new Failure('invalid_body', 'A body.', { details: [{ ...details[0], param: null }] }).param).toBeNull();
  });

  test('of one field reads like one that a schema reports', () => {
    expect(invalidField('at', 'at must be ahead.')).toMatchObject({
      code: 'invalid_body',
      message: 'at must be ahead.',
      param: 'at',
      details: [{ param: 'at', code: 'invalid_value', message: 'at must be ahead.' }],
    });
  });
});
