import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** One wrong setting: which variable, what is wrong with its value, and what to do. */
export interface SettingFault {
  readonly variable: string;
  readonly fault: string;
  readonly fix: string;
}

/**
 * Reads typed settings from an environment and gathers every fault, so that a person mends them in one go. An empty
 * value counts as not set. After a fault the reader answers with the default and goes on.
 */
export class EnvironmentReader {
  readonly faults: SettingFault[] = [];
  readonly #env: NodeJS.ProcessEnv;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  refuse(variable: string, fault: string, fix: string): void {
    this.faults.push({ variable, fault, fix });
  }

  text(variable: string): string | null {
    const value = this.#env[variable]?.trim();
    return value === undefined || value === '' ? null : value;
  }

  /** A whole number from `min` to `max`. */
  integer(variable: string, range: { min: number; max: number; fallback: number }): number {
    const value = this.text(variable);
    if (value === null) return range.fallback;
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= range.min && number <= range.max) return number;
    this.refuse(variable, `"${value}" is not a whole number`, `use ${range.min} to ${range.max}`);
    return range.fallback;
  }

  choice<Choice extends string>(variable: string, choices: readonly Choice[], fallback: Choice): Choice {
    const value = this.text(variable);
    if (value === null) return fallback;
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    this.refuse(variable, `"${value}" is not known`, `use one of ${choices.join(', ')}`);
    return fallback;
  }

  flag(variable: string): boolean {
    return this.choice(variable, ['true', 'false', '1', '0'], 'false').replace('1', 'true') === 'true';
  }

  /** A URL of one of the given schemes; the password in it is never repeated in a fault. */
  url(variable: string, schemes: readonly string[]): string | null {
    const value = this.text(variable);
    if (value === null) return null;
    const scheme = URL.parse(value)?.protocol.slice(0, -1);
    if (scheme !== undefined && schemes.includes(scheme)) return value;
    const fault = scheme === undefined ? 'the value is not a URL' : `the URL starts with ${scheme}:`;
    this.refuse(variable, fault, `use ${schemes.map((name) => `${name}://…`).join(' or ')}`);
    return null;
  }

  /** `host:port`, as gRPC addresses are written. */
  address(variable: string): string | null {
    const value = this.text(variable);
    if (value === null) return null;
    const port = /^[^\s/:]+:(\d{1,5})$/.exec(value)?.[1] ?? /^\[[0-9a-fA-F:]+\]:(\d{1,5})$/.exec(value)?.[1];
    if (port !== undefined && Number(port) >= 1 && Number(port) <= 65_535) return value;
    this.refuse(variable, `"${value}" is not host:port`, 'write it without a scheme, such as 127.0.0.1:7233');
    return null;
  }

  /** The absolute path of a readable file. */
  file(variable: string): string | null {
    const value = this.text(variable);
    if (value === null) return null;
    const file = path.resolve(value);
    try {
      accessSync(file, constants.R_OK);
      return file;
    } catch {
      this.refuse(variable, `the file ${file} cannot be read`, 'give the path of a readable PEM file');
      return null;
    }
  }

  matching(variable: string, pattern: RegExp, fix: string): string | null {
    const value = this.text(variable);
    if (value === null || pattern.test(value)) return value;
    // The value may be a secret, so it is not repeated.
    this.refuse(variable, 'the value has the wrong form', fix);
    return null;
  }

  /** Refuses one of two settings that only make sense together. */
  together(first: string, second: string): void {
    const [has, lacks] = this.text(first) === null ? [second, first] : [first, second];
    if (this.text(has) === null || this.text(lacks) !== null) return;
    this.refuse(lacks, `it is missing although ${has} is set`, `set both, or neither`);
  }
}
