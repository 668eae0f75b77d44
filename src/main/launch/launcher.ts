import path from 'node:path';
import type { Config, ServiceConfig } from '../../platform/config.ts';
import { announceEnd } from '../../platform/embedded/home-lock.ts';
import { freePort, isPortFree } from '../../platform/embedded/free-port.ts';
import type { ServerAddresses } from '../../platform/embedded/guardian-messages.ts';
import { type HomeKeys, openHome, writeHomeUrl } from '../../platform/home.ts';
import { KeptPart } from '../../platform/supervision/kept-part.ts';
import { ensureFirstAccount } from './first-account.ts';
import { GuardianPart } from './guardian-part.ts';
import { migrateWhenReachable } from './migrate-when-reachable.ts';
import { prepareTemporal } from './prepare-temporal.ts';
import { mainPath } from './project-path.ts';
import { serviceEnvironment } from './service-environment.ts';

/** Time for requests and activities under way; with the guardian's own limits all ends within ten seconds. */
const SERVICE_GRACE_MS = 5_000;
const GUARDIAN_GRACE_MS = 4_500;
const PORT_ATTEMPTS = 5;

/** Where a started installation is to be found. */
export interface Installation {
  readonly apiUrl: string;
  readonly temporalUiUrl: string | null;
  /** The first account's keys when this start made them. */
  readonly newKeys: HomeKeys | null;
}

/** Starts every part of an installation in order, keeps all of them running, and ends them in the reverse order. */
export class Launcher {
  readonly #config: Config;
  readonly #say: (sentence: string) => void;
  readonly #stopping = new AbortController();
  #guardian: GuardianPart | null = null;
  readonly #services: KeptPart[] = [];
  #port = 0;
  #servers: ServerAddresses = { databaseUrl: null, temporalAddress: null, temporalUiUrl: null };

  constructor(config: Config, say: (sentence: string) => void) {
    this.#config = config;
    this.#say = say;
  }

  /** Throws when a part can't start; `stop` then ends those that did. */
  async start(): Promise<Installation> {
    this.#port = await this.#choosePort();
    await openHome(this.#config.home);
    this.#servers = await this.#startServers();
    this.#stopping.signal.throwIfAborted();
    const databaseUrl = this.#databaseUrl();
    await this.#migrate(databaseUrl);
    const newKeys = await ensureFirstAccount(this.#config, databaseUrl);
    await this.#startServices(this.#port);
    return { apiUrl: this.#apiUrl(this.#port), temporalUiUrl: this.#temporal().uiUrl, newKeys };
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    // Without a guardian the home is not held, and the file may be somebody else's.
    if (this.#guardian !== null) await announceEnd(this.#config.home, process.pid);
    await Promise.all(this.#services.map((part) => part.stop(SERVICE_GRACE_MS)));
    await this.#guardian?.stop(GUARDIAN_GRACE_MS);
  }

  async #choosePort(): Promise<number> {
    const { host, port } = this.#config;
    if (port === 0) return freePort();
    if (await isPortFree(host, port)) return port;
    throw new Error(
      `PORT: ${host}:${port} is taken by another program; stop it, or set PORT to another one, or to 0 for any free one.`,
    );
  }

  async #startServers(): Promise<ServerAddresses> {
    const runsPostgres = this.#config.databaseUrl === null;
    const runsTemporal = this.#config.temporal.address === null;
    if (!runsPostgres && !runsTemporal) return this.#servers;
    this.#say(
      `Starting ${runsPostgres ? 'PostgreSQL' : ''}${runsPostgres && runsTemporal ? ' and ' : ''}${runsTemporal ? 'Temporal' : ''} …`,
    );
    this.#guardian = new GuardianPart(
      { home: this.#config.home, launcherPid: process.pid, runsPostgres, runsTemporal },
      process.env,
      {
        onNews: this.#say,
        onRestarted: (server) => {
          if (server === 'temporal') this.#prepareAgain();
        },
        onReturned: (servers) => this.#adopt(servers),
      },
    );
    return this.#guardian.start();
  }

  async #migrate(databaseUrl: string): Promise<void> {
    const ran = await migrateWhenReachable({ url: databaseUrl, say: this.#say, signal: this.#stopping.signal });
    if (ran.length > 0) this.#say(`Migrated the database (${ran.join(', ')}).`);
  }

  /** The API serves without Temporal; the worker must not poll before namespaces and search attributes are there. */
  async #startServices(port: number): Promise<void> {
    const isExternal = this.#config.temporal.address !== null;
    const worker = this.#prepare().then(() => this.#startService('worker', port));
    const api = this.#startApi();
    // An external Temporal may come later: the API's readiness does not wait for it.
    if (isExternal) worker.catch((error: unknown) => this.#say(`worker: ${String(error)}`));
    await Promise.all(isExternal ? [api] : [api, worker]);
  }

  /** A port that we chose may be taken by another program before the API has it: then another one is chosen. */
  async #startApi(): Promise<void> {
    const { host, port, home } = this.#config;
    for (let attempt = 1; ; attempt += 1) {
      await writeHomeUrl(home, this.#apiUrl(this.#port));
      try {
        return await this.#startService('api', this.#port);
      } catch (error) {
        const isLost = port === 0 && !(await isPortFree(host, this.#port));
        if (!isLost || attempt === PORT_ATTEMPTS) throw error;
        this.#port = await freePort();
      }
    }
  }

  async #startService(name: string, port: number): Promise<void> {
    this.#stopping.signal.throwIfAborted();
    const part = new KeptPart({
      name,
      main: mainPath(`${name}.ts`),
      env: serviceEnvironment(this.#config, {
        databaseUrl: this.#databaseUrl(),
        temporalAddress: this.#temporal().address,
        temporalUiUrl: this.#temporal().uiUrl,
        port,
        apiUrl: this.#apiUrl(port),
      }),
      logFile: path.join(this.#config.home, 'logs', `${name}.log`),
      onNews: this.#say,
    });
    this.#services.push(part);
    try {
      await part.start();
    } catch (error) {
      this.#services.splice(this.#services.indexOf(part), 1);
      throw error;
    }
  }

  async #prepare(): Promise<void> {
    await prepareTemporal({
      temporal: this.#temporal(),
      isEmbedded: this.#config.temporal.address === null,
      say: this.#say,
      signal: this.#stopping.signal,
    });
  }

  /** A server may come back empty; preparing one that is not changes nothing. */
  #prepareAgain(): void {
    this.#prepare().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) this.#say(`Temporal: ${String(error)}`);
    });
  }

  /** A guardian that was killed is back; its servers may have had to take other ports. */
  #adopt(servers: ServerAddresses): void {
    const { databaseUrl, temporalAddress } = this.#servers;
    this.#servers = servers;
    if (servers.databaseUrl === databaseUrl && servers.temporalAddress === temporalAddress) {
      this.#prepareAgain();
      return;
    }
    this.#restartServices().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) this.#say(`Restart on new ports: ${String(error)}`);
    });
  }

  async #restartServices(): Promise<void> {
    await Promise.all(this.#services.splice(0).map((part) => part.stop(SERVICE_GRACE_MS)));
    await this.#startServices(this.#port);
  }

  #databaseUrl(): string {
    const url = this.#config.databaseUrl ?? this.#servers.databaseUrl;
    if (url === null) throw new Error('no database was started');
    return url;
  }

  #temporal(): ServiceConfig['temporal'] {
    const { temporal } = this.#config;
    const address = temporal.address ?? this.#servers.temporalAddress;
    if (address === null) throw new Error('no Temporal server was started');
    return { ...temporal, address, uiUrl: temporal.uiUrl ?? this.#servers.temporalUiUrl };
  }

  #apiUrl(port: number): string {
    const { host, tls } = this.#config;
    const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
    return `${tls === null ? 'http' : 'https'}://${name.includes(':') ? `[${name}]` : name}:${port}`;
  }
}
