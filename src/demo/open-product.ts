import { ApiClient } from '../cli/api-client.ts';
import { ApiError } from '../cli/api-error.ts';
import { type Connection, type ConnectionOptions, connectionOf } from '../cli/connection.ts';
import { type Host, printNote } from '../cli/host.ts';
import { homeFolder } from '../platform/config.ts';
import { readHomeUrl } from '../platform/home.ts';
import { account } from './answers.ts';
import { OwnProduct } from './own-product.ts';

/** The API that the demo works with. */
export interface OpenProduct {
  readonly url: string;
  readonly client: ApiClient;
  /** Of the account: seconds from a period's end to its final invoice. */
  readonly finalizationDelay: number;
  /** Null when it was running. */
  readonly own: OwnProduct | null;
}

const PROBE_TIMEOUT_MS = 3_000;

/**
 * The running product: the one that is named, else that of the home. Where none is named and that of the home does not
 * run, it is started.
 *
 * @throws CliError, ApiError when the named one cannot be used
 */
export async function openProduct(host: Host, options: ConnectionOptions): Promise<OpenProduct> {
  if (options.url || host.env['DURABILL_URL']) return connect(host, await connectionOf(host, options), null);
  const url = await readHomeUrl(homeFolder(host.env));
  if (url !== null && (await serves(url))) {
    try {
      return await connect(host, await connectionOf(host, options), null);
    } catch (error) {
      // The port that the home's product had may be another one's by now, to whom the home's key says nothing.
      if (!(error instanceof ApiError && error.status === 401)) throw error;
    }
  }
  printNote(host, 'No product of this home is running; starting it.');
  const own = await OwnProduct.start(host);
  try {
    return await connect(host, await connectionOf(host, { ...options, url: own.url }), own);
  } catch (error) {
    await own.stop();
    throw error;
  }
}

async function connect(host: Host, connection: Connection, own: OwnProduct | null): Promise<OpenProduct> {
  const onWait = (why: string) => printNote(host, why);
  const client = new ApiClient({ ...connection, signal: host.signal, onWait });
  const { value } = await client.call({ method: 'GET', path: '/account' }, account);
  return { url: connection.url, client, finalizationDelay: value.finalization_delay, own };
}

async function serves(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })).ok;
  } catch {
    return false;
  }
}
