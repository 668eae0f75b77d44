import { once } from 'node:events';
import { createServer } from 'node:net';

/** The wanted TCP port of 127.0.0.1 when it is free, else one that is. */
export async function freePort(wanted?: number): Promise<number> {
  if (wanted !== undefined && (await isPortFree('127.0.0.1', wanted))) return wanted;
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the system gave no TCP port');
  return address.port;
}

export async function isPortFree(host: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
