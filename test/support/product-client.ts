import { readHomeKeys } from '../../src/platform/home.ts';
import type { Installation } from './installation.ts';

/** Calls the API of a started product with its first test key, as a user's program would. */
export class ProductClient {
  readonly #url: string;
  readonly #key: string;

  private constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  /** With any key, of any API. */
  static at(url: string, key: string): ProductClient {
    return new ProductClient(url, key);
  }

  static async of(installation: Installation, home: string): Promise<ProductClient> {
    const keys = await readHomeKeys(home);
    if (keys === null) throw new Error(`no keys in ${home}`);
    return new ProductClient(installation.apiUrl, keys.testKey);
  }

  /** The parsed answer; throws with the body when the status is not the success that the method has. */
  async call<Answer = Record<string, unknown>>(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> {
    const response = await fetch(`${this.#url}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as Answer;
  }

  async create(path: string, body: object): Promise<string> {
    const { id } = await this.call<{ id: string }>('POST', path, body);
    return id;
  }

  /** Every object of a list, newest first, page after page. */
  async all<Item>(path: string): Promise<Item[]> {
    const items: Item[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { data: Item[]; next_cursor: string | null } = await this.call(
        'GET',
        `${path}${path.includes('?') ? '&' : '?'}limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      items.push(...page.data);
      cursor = page.next_cursor;
    }
    return items;
  }
}
