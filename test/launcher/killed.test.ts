import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Installation, type Part, removeHomes, temporaryHome } from '../support/installation.ts';
import { waitUntilGone } from '../support/processes.ts';

jest.setTimeout(240_000);

let home: string;
beforeAll(async () => {
  home = await temporaryHome();
});
afterAll(removeHomes);

async function kill(installation: Installation, part: Part): Promise<void> {
  process.kill(await installation.pidOf(part), 'SIGKILL');
}

/** Without any of these the run is over, so everything else ends by itself. */
test.each<Part>(['npm', 'run', 'launcher'])(
  'after kill -9 of %s all ends, and the next start is ready',
  async (part) => {
    const killed = await Installation.start({ home });
    const processes = await killed.identities();
    await kill(killed, part);
    const next = await Installation.start({ home });
    expect(await waitUntilGone(processes, 20_000)).toEqual([]);
    expect(await next.stop()).toBe(0);
  },
);

test.each<Part>(['api', 'worker', 'postgres', 'temporal', 'guardian'])(
  'after kill -9 of %s it is started again, the API answers, and a stop leaves nothing',
  async (part) => {
    const installation = await Installation.start({ home });
    await kill(installation, part);
    await installation.waitFor(/is back\./);
    await waitUntilServed(`${installation.apiUrl}/healthz`);
    const processes = await installation.identities();
    expect(await installation.stop()).toBe(0);
    expect(await waitUntilGone(processes, 10_000)).toEqual([]);
  },
);

test('after kill -9 of everything but the servers, the next start ends those first', async () => {
  const installation = await Installation.start({ home });
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
