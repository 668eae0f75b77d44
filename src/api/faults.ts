import type * as z from 'zod';
import { type FaultCode, isFaultCode } from '../domain/errors/fault-codes.ts';
import type { Fault } from '../domain/errors/failure.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** A schema's own checks name their code so: `ctx.addIssue(issueOf('unsupported_field', '…'))`. */
export function issueOf(code: FaultCode, message: string) {
  return { code: 'custom' as const, message, params: { code } };
}

/** Faults that a rule of the domain found inside the value that is being parsed, as issues of its schema. */
export function issuesOf(faults: readonly Fault[]) {
  return faults.map(({ param, code, message }) => ({
    code: 'custom' as const,
    message,
    params: { code, inside: param },
  }));
}

/**
 * All faults that a schema found. The value has to be parsed with `{ reportInput: true }`, which tells a missing field
 * from a wrong one.
 *
 * @param prefix where the value lies in the request, such as `['events', 3]`
 */
export function zodFaults(issues: readonly Issue[], prefix: Path = []): Fault[] {
  return issues.flatMap((issue) => faultsOf(issue, [...prefix, ...issue.path]));
}

function faultsOf(issue: Issue, path: Path): Fault[] {
  if (issue.code === 'unrecognized_keys') {
    const messages: unknown = JSON.parse(issue.message);
    return issue.keys.map((key, index) => ({
      param: paramOf([...path, key]),
      code: 'unknown_field',
      message: String(Array.isArray(messages) ? messages[index] : issue.message),
    }));
  }
  if (issue.code === 'invalid_key') return issue.issues.flatMap((inner) => faultsOf(inner, path));
  const [code, message] = describe(issue);
  return [{ param: within(paramOf(path), issue), code, message }];
}

/** The path of `issuesOf` goes on where the schema's ends. */
function within(param: string | null, issue: Issue): string | null {
  const inside = issue.code === 'custom' ? issue.params?.inside : undefined;
  if (typeof inside !== 'string') return param;
  return param === null ? inside : `${param}.${inside}`;
}

function describe(issue: Issue): [FaultCode, string] {
  switch (issue.code) {
    case 'custom':
      return [customCode(issue.params), issue.message];
    case 'invalid_type':
      return issue.input === undefined
        ? ['missing', 'Required.']
        : ['wrong_type', `Has to be ${named(issue.expected)}.`];
    case 'invalid_value':
      return issue.input === undefined
        ? ['missing', 'Required.']
        : ['invalid_value', `Has to be one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}.`];
    case 'invalid_union':
      return unionFault(issue);
    case 'too_small':
      return tooSmall(issue.origin, issue.minimum);
    case 'too_big':
      return tooBig(issue.origin, issue.maximum);
    default:
      return ['invalid_value', issue.message];
  }
}

function customCode(params: Record<string, unknown> | undefined): FaultCode {
  const code = params?.code;
  return typeof code === 'string' && isFaultCode(code) ? code : 'invalid_value';
}

/** Only discriminated unions are used: the fault is that of the member that tells them apart. */
function unionFault(issue: z.core.$ZodIssueInvalidUnion): [FaultCode, string] {
  const options = 'options' in issue ? (issue.options ?? []) : [];
  const known = options.map((value) => JSON.stringify(value)).join(', ');
  const { input, discriminator = '' } = issue;
  const isGiven = typeof input === 'object' && input !== null && Object.hasOwn(input, discriminator);
  return isGiven ? ['invalid_value', `Has to be one of ${known}.`] : ['missing', `Required: one of ${known}.`];
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'an integer',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'an array',
};

function named(type: string): string {
  return TYPE_NAMES[type] ?? type;
}

function tooSmall(origin: string, minimum: number | bigint): [FaultCode, string] {
  switch (origin) {
    case 'string':
      return ['too_short', minimum === 1 ? 'May not be empty.' : `Has to have at least ${minimum} characters.`];
    case 'array':
      return ['too_few', `Has to have at least ${minimum} ${minimum === 1 ? 'item' : 'items'}.`];
    default:
      return ['too_small', `Has to be at least ${minimum}.`];
  }
}

function tooBig(origin: string, maximum: number | bigint): [FaultCode, string] {
  switch (origin) {
    case 'string':
      return ['too_long', `May have at most ${maximum} characters.`];
    case 'array':
      return ['too_many', `May have at most ${maximum} items.`];
    default:
      return ['too_large', `May be at most ${maximum}.`];
  }
}

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const SHOWN_NAME_LENGTH = 100;

/** `events[3].timestamp`; a name that would be ambiguous is quoted: `metadata["a.b"]`. null for the whole body. */
export function paramOf(path: Path): string | null {
  let text = '';
  for (const step of path) {
    const name = String(step).slice(0, SHOWN_NAME_LENGTH);
    if (typeof step === 'number') text += `[${step}]`;
    else if (PLAIN_NAME.test(name)) text += text === '' ? name : `.${name}`;
    else text += `[${JSON.stringify(name)}]`;
  }
  return text === '' ? null : text;
}
