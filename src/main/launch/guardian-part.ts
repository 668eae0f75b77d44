import {
  type EmbeddedServer,
  type GuardianMessage,
  type GuardianOrder,
  readGuardianMessage,
  type ServerAddresses,
} from '../../platform/embedded/guardian-messages.ts';
import { KeptPart } from '../../platform/supervision/kept-part.ts';
import { mainPath } from './project-path.ts';

interface GuardianEvents {
  readonly onNews: (sentence: string) => void;
  readonly onRestarted: (server: EmbeddedServer) => void;
  /** A guardian that was killed came back, possibly with its servers on other ports. */
  readonly onReturned: (addresses: ServerAddresses) => void;
}

/** The guardian as the launcher sees it: a part with addresses. */
export class GuardianPart {
  readonly #part: KeptPart;
  readonly #events: GuardianEvents;
  #addresses: ServerAddresses | null = null;
  #failure: string | null = null;

  constructor(order: GuardianOrder, env: NodeJS.ProcessEnv, events: GuardianEvents) {
    this.#events = events;
    this.#part = new KeptPart({
      name: 'guardian',
      main: mainPath('guardian.ts'),
      args: [JSON.stringify(order)],
      env,
      logFile: null,
      mustNotBeKilled: true,
      onNews: events.onNews,
      onLine: (line) => {
        const message = readGuardianMessage(line);
        if (message !== null) this.#receive(message);
      },
    });
  }

  /** Resolves when the servers answer. Throws with the guardian's reason when they don't come up. */
  async start(): Promise<ServerAddresses> {
    try {
      await this.#part.start();
    } catch (cause) {
      throw new Error(this.#failure ?? (cause instanceof Error ? cause.message : String(cause)), { cause });
    }
    if (this.#addresses === null) throw new Error('the guardian ended during the start');
    return this.#addresses;
  }

  async stop(graceMs: number): Promise<void> {
    await this.#part.stop(graceMs);
  }

  #receive(message: GuardianMessage): void {
    switch (message.event) {
      case 'progress':
        return this.#events.onNews(message.message);
      case 'failed':
        if (this.#addresses !== null) this.#events.onNews(message.message);
        this.#failure = message.message;
        return;
      case 'died':
        return this.#events.onNews(`${SERVER_NAMES[message.server]} ended (${message.reason}); starting it again.`);
      case 'restarted':
        this.#events.onNews(`${SERVER_NAMES[message.server]} is back.`);
        return this.#events.onRestarted(message.server);
      case 'ready': {
        const isFirst = this.#addresses === null;
        this.#addresses = message;
        if (!isFirst) this.#events.onReturned(message);
      }
    }
  }
}

const SERVER_NAMES: Readonly<Record<EmbeddedServer, string>> = { postgres: 'PostgreSQL', temporal: 'Temporal' };
