import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Installation, type Part, removeHomes, temporaryHome } from '../support/installation.ts';
import { waitUntilGone } from '../support/processes.ts';

jest.setTimeout(240_000);

let home: string;
/** The running product: each test takes over what the one before it started. */
let installation: Installation;
beforeAll(async () => {
  home = await temporaryHome();
  installation = await Installation.start({ home });
});
afterAll(removeHomes);

async function kill(part: Part): Promise<void> {
  process.kill(await installation.pidOf(part), 'SIGKILL');
}

/** Without any of these the run is over, so everything else ends by itself. */
test.each<Part>(['npm', 'run', 'launcher'])(
  'after kill -9 of %s all ends, and the next start is ready',
  async (part) => {
    const processes = await installation.identities();
    await kill(part);
    installation = await Installation.start({ home });
    expect(await waitUntilGone(processes, 20_000)).toEqual([]);
  },
);

test.each<{ part: Part; news: string }>([
  { part: 'api', news: 'The api is back.' },
  { part: 'worker', news: 'The worker is back.' },
  { part: 'postgres', news: 'PostgreSQL is back.' },
  { part: 'temporal', news: 'Temporal is back.' },
  { part: 'guardian', news: 'The guardian is back.' },
])('after kill -9 of $part it is started again, and the product is ready as before', async ({ part, news }) => {
  const killed = await installation.pidOf(part);
  await kill(part);
  await installation.waitFor(new RegExp(news));
  expect(await installation.pidOf(part)).not.toBe(killed);
  await waitUntilServed(`${installation.apiUrl}/readyz`);
});

test('after all of these a stop leaves nothing', async () => {
  const processes = await installation.identities();
  expect(await installation.stop()).toBe(0);
  expect(await waitUntilGone(processes, 10_000)).toEqual([]);
});

test('after kill -9 of everything but the servers, the next start ends those first', async () => {
  installation = await Installation.start({ home });
  const processes = await installation.identities();
  const postgres = await installation.pidOf('postgres');
  const temporal = await installation.pidOf('temporal');
  const others = (await installation.family()).filter(
    ({ pid, parent }) => ![pid, parent].includes(postgres) && pid !== temporal,
  );
  for (const { pid } of others) process.kill(pid, 'SIGKILL');
  const next = await Installation.start({ home });
  expect(next.output).toContain('left behind');
  expect(await waitUntilGone(processes, 1_000)).toEqual([]);
  expect(await next.stop()).toBe(0);
});

async function waitUntilServed(url: string): Promise<void> {
  for (;;) {
    const isServed = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (isServed) return;
  }
}
