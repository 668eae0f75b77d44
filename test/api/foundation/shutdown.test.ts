import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { sql } from '../../../src/storage/sql.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';

/** Creates customers one after the other until the server is gone; returns the external ids that were acknowledged. */
async function createUntilGone(api: TestApi, client: number): Promise<string[]> {
  const acknowledged: string[] = [];
  for (;;) {
    const external_id = `${client}-${acknowledged.length}`;
    const reply = await api.call('POST', '/customers', { external_id }).catch(() => null);
    if (reply === null) return acknowledged;
    expect(reply.status).toBe(201);
    acknowledged.push(external_id);
  }
}

test('a server that closes under load answers every request that it has begun', async () => {
  const api = await startTestApi();
  const clients = Array.from({ length: 12 }, (_, client) => createUntilGone(api, client));
  for (;;) {
    const rows = await api.db.query(sql`select from customers`);
    if (rows.length > 50) break;
  }
  await api.stop(10_000);
  const acknowledged = (await Promise.all(clients)).flat();
  const stored = await api.db.query<{ externalId: string }>(sql`select external_id as "externalId" from customers`);
  await api.close();
  expect(stored.map(({ externalId }) => externalId).toSorted()).toEqual(acknowledged.toSorted());
});

test('a client that sends nothing more does not hold the server open beyond its grace', async () => {
  const api = await startTestApi();
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write('POST /v1/customers HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{');
  await api.call('GET', '/account');
  const startedAtMs = performance.now();
  await api.stop(300);
  expect(performance.now() - startedAtMs).toBeLessThan(5_000);
  socket.destroy();
  await api.close();
});
