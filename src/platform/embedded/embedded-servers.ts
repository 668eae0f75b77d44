import path from 'node:path';
import { freePort } from './free-port.ts';
import type { EmbeddedServer, GuardianMessage, GuardianOrder, ServerAddresses } from './guardian-messages.ts';
import { KeptServer } from './kept-server.ts';
import { POSTGRES_STOP, startPostgres } from './postgres-server.ts';
import type { RunningProgram, StopStep } from './program.ts';
import { ServerRecordFile } from './server-records.ts';
import { findTemporalCli } from './temporal-binaries.ts';
import { startTemporal, TEMPORAL_STOP } from './temporal-server.ts';

type Tell = (message: GuardianMessage) => void;

/** The embedded servers of one home, each kept running on the ports that the home remembers. */
export class EmbeddedServers {
  readonly #order: GuardianOrder;
  readonly #tell: Tell;
  readonly #kept: KeptServer[] = [];
  readonly #stopping = new AbortController();

  constructor(order: GuardianOrder, tell: Tell) {
    this.#order = order;
    this.#tell = tell;
  }

  /** Ends what a killed run left behind, then starts the servers side by side. Throws when one does not come up. */
  async start(): Promise<ServerAddresses> {
    const [databaseUrl, temporal] = await Promise.all([
      this.#order.runsPostgres ? this.#startPostgres() : null,
      this.#order.runsTemporal ? this.#startTemporal() : null,
    ]);
    return { databaseUrl, temporalAddress: temporal?.address ?? null, temporalUiUrl: temporal?.uiUrl ?? null };
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#kept.map((server) => server.stop()));
  }

  async #startPostgres(): Promise<string> {
    const record = await this.#openRecord('postgres', POSTGRES_STOP);
    const port = await freePort((await record.read()).ports['sql']);
    let url = '';
    await this.#keep('postgres', POSTGRES_STOP, async (signal) => {
      const server = await startPostgres({
        folder: path.join(this.#order.home, 'postgres'),
        port,
        signal,
        onSpawn: (pid) => record.write({ sql: port }, pid),
      });
      url = server.url;
      return server.program;
    });
    return url;
  }

  async #startTemporal(): Promise<{ address: string; uiUrl: string }> {
    const record = await this.#openRecord('temporal', TEMPORAL_STOP);
    const command = await findTemporalCli(
      (message) => this.#tell({ event: 'progress', message }),
      this.#stopping.signal,
    );
    const { ports } = await record.read();
    const port = await freePort(ports['grpc']);
    const uiPort = await freePort(ports['ui']);
    let address = '';
    await this.#keep('temporal', TEMPORAL_STOP, async (signal) => {
      const server = await startTemporal({
        command,
        folder: path.join(this.#order.home, 'temporal'),
        port,
        uiPort,
        keepsData: true,
        signal,
        onSpawn: (pid) => record.write({ grpc: port, ui: uiPort }, pid),
      });
      address = server.address;
      return server.program;
    });
    return { address, uiUrl: `http://127.0.0.1:${uiPort}` };
  }

  async #openRecord(server: EmbeddedServer, steps: readonly StopStep[]): Promise<ServerRecordFile> {
    const record = new ServerRecordFile(this.#order.home, server);
    if (await record.endLeftover(steps)) {
      this.#tell({ event: 'progress', message: `Ended a ${server} that a killed run had left behind.` });
    }
    return record;
  }

  async #keep(
    server: EmbeddedServer,
    stopSteps: readonly StopStep[],
    start: (signal: AbortSignal) => Promise<RunningProgram>,
  ): Promise<void> {
    this.#stopping.signal.throwIfAborted();
    const kept = new KeptServer({
      start,
      stopSteps,
      onDied: (reason) => this.#tell({ event: 'died', server, reason }),
      onRestarted: () => this.#tell({ event: 'restarted', server }),
      onRestartFailed: (error) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#tell({ event: 'progress', message: `${server} did not come back yet: ${reason}` });
      },
    });
    this.#kept.push(kept);
    await kept.start();
  }
}
