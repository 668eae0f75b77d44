import { hashApiKey } from '../operations/api-key-secret.ts';
import { selectSigningKey, type SigningKey } from '../storage/api-keys.ts';
import type { Queryable } from '../storage/database.ts';

/** A key that another process revoked stays valid here at most this long. */
const REMEMBERED_MS = 2_000;
const MAX_REMEMBERED = 10_000;

interface Remembered {
  readonly key: Promise<SigningKey | null>;
  readonly until: number;
}

/**
 * Finds the key that signed a request. Valid keys are remembered for two seconds, which spares a statement for nearly
 * every request of a busy client; requests that arrive meanwhile share one statement.
 */
export class KeyRing {
  readonly #db: Queryable;
  readonly #nowMs: () => number;
  readonly #byHash = new Map<string, Remembered>();

  constructor(db: Queryable, nowMs: () => number = () => performance.now()) {
    this.#db = db;
    this.#nowMs = nowMs;
  }

  /** null: unknown or revoked. */
  async find(secret: string): Promise<SigningKey | null> {
    const hash = hashApiKey(secret);
    const name = hash.toString('base64url');
    const known = this.#byHash.get(name);
    if (known !== undefined && known.until > this.#nowMs()) return known.key;
    const key = selectSigningKey(this.#db, hash);
    this.#remember(name, key);
    const found = await key.catch((error: unknown) => {
      this.#byHash.delete(name);
      throw error;
    });
    // Unknown keys are not remembered: a new one works at once, and nobody fills the memory with guesses.
    if (found === null) this.#byHash.delete(name);
    return found;
  }

  /** A key of this process's own doing was revoked: it ends at once. */
  forgetAll(): void {
    this.#byHash.clear();
  }

  #remember(name: string, key: Promise<SigningKey | null>): void {
    if (this.#byHash.size >= MAX_REMEMBERED) this.#byHash.clear();
    this.#byHash.set(name, { key, until: this.#nowMs() + REMEMBERED_MS });
  }
}
