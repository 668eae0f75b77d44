import { afterEach, expect, jest, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer, connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEmptyDatabase } from '../support/database.ts';
import { Installation, PROJECT_ROOT, removeHomes, temporaryHome } from '../support/installation.ts';
import { familyOf } from '../support/processes.ts';
import { testTemporal } from '../support/temporal.ts';

jest.setTimeout(240_000);
afterEach(removeHomes);

test('every wrong setting is named at once, with its fault and its fix', async () => {
  const home = await temporaryHome();
  const run = Installation.launch({
    home,
    env: { PORT: 'eighty', DATABASE_URL: 'mysql://x', TLS_CERT: '/nowhere.pem' },
  });
  expect(await run.exited).toBe(2);
  expect(run.output).toContain('PORT: "eighty" is not a whole number; use 0 to 65535.');
  expect(run.output).toContain('DATABASE_URL: the URL starts with mysql:; use postgres://…');
  expect(run.output).toContain('TLS_CERT: the file /nowhere.pem cannot be read');
  expect(run.output).toContain('TLS_KEY: it is missing although TLS_CERT is set');
});

test('a taken PORT is named with the way out, before anything is started', async () => {
  const home = await temporaryHome();
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const run = Installation.launch({ home, env: { PORT: String(port) } });
  expect(await run.exited).toBe(1);
  expect(run.output).toContain(`PORT: 127.0.0.1:${port} is taken by another program; stop it, or set PORT`);
  taken.close();
});

test('without pip and without temporal the start says how to get a Temporal server', async () => {
  const home = await temporaryHome();
  const bin = await mkdtemp(path.join(tmpdir(), 'durabill-path-'));
  // Root's PostgreSQL needs this one command; nothing else is on the PATH.
  await symlink('/usr/bin/unshare', path.join(bin, 'unshare'));
  await mkdir(path.join(bin, 'cache'));
  const run = Installation.launch({
    home,
    env: { PATH: bin, XDG_CACHE_HOME: path.join(bin, 'cache') },
    command: [process.execPath, path.join(PROJECT_ROOT, 'src/main/start.ts')],
  });
  expect(await run.exited).toBe(1);
  expect(run.output).toContain('no Temporal server: there is no python3 on the PATH');
  expect(run.output).toContain('TEMPORAL_ADDRESS');
  expect(run.output).toContain('https://docs.temporal.io/cli');
  await rm(bin, { recursive: true });
});

test('an unreachable DATABASE_URL is waited for, with a line that says so, and nothing embedded starts', async () => {
  const home = await temporaryHome();
  const database = await createEmptyDatabase();
  const { address } = await testTemporal();
  const target = new URL(database.url);
  // The door to the database, closed at first.
  const door = createServer((socket) => {
    const upstream = connect(Number(target.port), '127.0.0.1');
    socket.pipe(upstream).pipe(socket);
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(door, 'listening');
  const { port } = door.address() as AddressInfo;
  door.close();
  await once(door, 'close');

  const url = Object.assign(new URL(database.url), { port: String(port) }).href;
  const run = Installation.launch({ home, env: { DATABASE_URL: url, TEMPORAL_ADDRESS: address } });
  await run.waitFor(/DATABASE_URL: 127\.0\.0\.1:\d+\/test_\d+ can't be reached \(ECONNREFUSED\)/);
  expect(run.output).not.toContain(target.password);
  door.listen(port, '127.0.0.1');
  await run.waitFor(/^ready http/m);
  const commands = (await familyOf(run.pid)).map((row) => row.command).join('\n');
  expect(commands).not.toMatch(/guardian|postgres -D|start-dev/);
  expect(await run.stop()).toBe(0);
  door.close();
  await database.drop();
});
