import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { PROJECT_ROOT } from './installation.ts';

/** A service as `docker compose config` would print it, as far as the tests look. */
export interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly user?: string;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly container_name?: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
}

const REFERENCE = /\$\{([A-Z][A-Z0-9_]*)(?::([-?])([^}]*))?\}/g;

export async function composeText(): Promise<string> {
  return readFile(path.join(PROJECT_ROOT, 'docker-compose.yml'), 'utf8');
}

/** The file's variables, each once, in order of their names. */
export function referencedVariables(text: string): string[] {
  return [...new Set([...text.matchAll(REFERENCE)].map((match) => match[1] ?? ''))].sort();
}

/**
 * docker-compose.yml with `${NAME}`, `${NAME:-default}` and `${NAME:?message}` replaced in its texts as Compose does it:
 * an empty value counts as not set. Throws the message of a variable that must be set.
 */
export async function readCompose(env: NodeJS.ProcessEnv): Promise<ComposeFile> {
  return interpolated(parse(await composeText(), { merge: true }), env) as ComposeFile;
}

function interpolated(node: unknown, env: NodeJS.ProcessEnv): unknown {
  if (Array.isArray(node)) return node.map((each) => interpolated(each, env));
  if (typeof node === 'object' && node !== null) {
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, interpolated(value, env)]));
  }
  if (typeof node !== 'string') return node;
  return node.replace(REFERENCE, (_, name: string, kind?: string, rest = '') => {
    const value = env[name];
    if (value !== undefined && (value !== '' || kind === undefined)) return value;
    if (kind === '?') throw new Error(`${name}: ${rest}`);
    return rest;
  });
}

/** The lines `NAME=value` of .env.example. */
export async function readExampleSettings(): Promise<Record<string, string>> {
  const text = await readFile(path.join(PROJECT_ROOT, '.env.example'), 'utf8');
  return Object.fromEntries([...text.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)].map((match) => [match[1], match[2]]));
}

/** A filled-in .env. */
export const EXAMPLE_PASSWORDS = {
  POSTGRES_PASSWORD: 'superuserpassword',
  DURABILL_DB_PASSWORD: 'durabillpassword',
  TEMPORAL_DB_PASSWORD: 'temporalpassword',
} as const;
