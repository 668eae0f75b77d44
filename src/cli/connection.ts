import { homeFolder } from '../platform/config.ts';
import { readHomeKeys, readHomeUrl } from '../platform/home.ts';
import { CliError } from './cli-error.ts';
import type { Host } from './host.ts';

export interface ConnectionOptions {
  readonly url?: string;
  readonly key?: string;
  /** Of the home's keys take the live one. */
  readonly live?: boolean;
}

export interface Connection {
  /** Without `/v1` and without a slash at its end. */
  readonly url: string;
  readonly key: string;
}

/**
 * Where the API is and with which key: options, else DURABILL_URL and DURABILL_API_KEY, else what `npm start` left in
 * the home. The home's keys go to the home's own API or to this machine, never to a server that was named otherwise.
 *
 * @throws CliError
 */
export async function connectionOf(host: Host, options: ConnectionOptions): Promise<Connection> {
  const home = homeFolder(host.env);
  const named = options.url || host.env['DURABILL_URL'];
  const url = normalUrl(named || (await readHomeUrl(home)), home);
  return { url, key: usableKey(givenKey(host, options) ?? (await keyOfHome(home, { named, url, options }))) };
}

function givenKey(host: Host, options: ConnectionOptions): string | null {
  const key = options.key || host.env['DURABILL_API_KEY'] || null;
  if (key !== null && options.live === true) {
    throw new CliError('usage', '--live chooses among the keys of the home, but another key is given as well.', {
      fix: 'Leave out --live, or unset --key and DURABILL_API_KEY.',
    });
  }
  return key;
}

interface Target {
  /** The URL that a person gave. */
  readonly named: string | undefined;
  readonly url: string;
  readonly options: ConnectionOptions;
}

async function keyOfHome(home: string, { named, url, options }: Target): Promise<string> {
  const keys = !named || isLoopback(url) ? await readHomeKeys(home) : null;
  if (keys !== null) return options.live === true ? keys.liveKey : keys.testKey;
  throw new CliError('usage', `There is no API key for ${url}.`, { fix: 'Pass --key, or set DURABILL_API_KEY.' });
}

/** A header cannot carry anything else; a line break from a copied key is the usual fault. */
function usableKey(key: string): string {
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new CliError('usage', 'The API key has characters that no key has, perhaps a space or a line break.');
}

function normalUrl(text: string | null, home: string): string {
  if (text === null) {
    throw new CliError('usage', `There is no address of an API: none is given, and ${home} has none.`, {
      fix: 'Pass --url, set DURABILL_URL, or start one with `npm start` and name its home with DURABILL_HOME.',
    });
  }
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new CliError('usage', `\`${text}\` is not the URL of an API.`, {
      fix: 'Write it like http://127.0.0.1:3000.',
    });
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '').replace(/\/v1$/, '');
}

function isLoopback(url: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}
