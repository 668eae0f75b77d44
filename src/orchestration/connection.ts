import { readFile } from 'node:fs/promises';
import { Client, Connection } from '@temporalio/client';
import type { TemporalConfig } from '../platform/config.ts';

export type ReachableTemporal = TemporalConfig & { readonly address: string };

/** Address, TLS and API key in the form that both the client's and the worker's connection take. */
export async function connectionOptions(temporal: ReachableTemporal) {
  const { address, apiKey, tls } = temporal;
  return {
    address,
    ...(apiKey === null ? {} : { apiKey }),
    ...(tls === null ? {} : { tls: await tlsOptions(tls) }),
  };
}

async function tlsOptions(tls: NonNullable<TemporalConfig['tls']>) {
  const serverRootCACertificate = tls.caFile === null ? undefined : await readFile(tls.caFile);
  const clientCertPair =
    tls.certFile === null || tls.keyFile === null
      ? undefined
      : { crt: await readFile(tls.certFile), key: await readFile(tls.keyFile) };
  return {
    ...(serverRootCACertificate === undefined ? {} : { serverRootCACertificate }),
    ...(clientCertPair === undefined ? {} : { clientCertPair }),
    ...(tls.serverName === null ? {} : { serverNameOverride: tls.serverName }),
  };
}

/** A connection that dials when it is first used, so that a process can start while Temporal is down. */
export async function lazyConnection(temporal: ReachableTemporal): Promise<Connection> {
  return Connection.lazy(await connectionOptions(temporal));
}

/** Of the namespace that holds the workflows of one mode. */
export function clientOf(connection: Connection, temporal: TemporalConfig, livemode: boolean): Client {
  return new Client({ connection, namespace: namespaceOf(temporal, livemode) });
}

export function namespaceOf(
  temporal: Pick<TemporalConfig, 'namespaceTest' | 'namespaceLive'>,
  livemode: boolean,
): string {
  return livemode ? temporal.namespaceLive : temporal.namespaceTest;
}

/** Rejects when the server does not answer within `timeoutMs`. */
export async function probeTemporal(connection: Connection, timeoutMs: number): Promise<void> {
  await connection.withDeadline(Date.now() + timeoutMs, () => connection.workflowService.getSystemInfo({}));
}
