import { once } from 'node:events';
import { createServer, connect, type Socket } from 'node:net';

/** A wire to PostgreSQL that can be cut at the worst moment. */
export interface PostgresProxy {
  /** The database's URL by way of the proxy. */
  readonly url: string;
  /**
   * Cuts the connection that sends the next COMMIT, or one of those after it, when PostgreSQL has carried it out and
   * before the client hears of it.
   */
  cutAtCommit(skipped?: number): void;
  close(): Promise<void>;
}

export async function startPostgresProxy(databaseUrl: string): Promise<PostgresProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let commitsUntilCut = Number.POSITIVE_INFINITY;
  const server = createServer((client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port) });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('close', () => upstream.end());
    upstream.on('close', () => client.destroy());
    let isCut = false;
    client.on('data', (bytes) => {
      if (bytes.includes('commit\u0000')) {
        isCut = commitsUntilCut === 0;
        commitsUntilCut = isCut ? Number.POSITIVE_INFINITY : commitsUntilCut - 1;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      // PostgreSQL has answered, so the commit is done; nobody is told.
      if (isCut) client.destroy();
      else client.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    url: Object.assign(new URL(databaseUrl), { host: `127.0.0.1:${address.port}` }).href,
    cutAtCommit: (skipped = 0) => {
      commitsUntilCut = skipped;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
