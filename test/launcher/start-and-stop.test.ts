import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { readHomeKeys } from '../../src/platform/home.ts';
import { Installation, type Part, removeHomes, temporaryHome } from '../support/installation.ts';
import { listProcesses, waitUntilGone } from '../support/processes.ts';

jest.setTimeout(240_000);

let home: string;
beforeAll(async () => {
  home = await temporaryHome();
});
afterAll(removeHomes);

async function modeOf(file: string): Promise<string> {
  return ((await stat(file)).mode & 0o777).toString(8);
}

test('a first start prints the URLs, both keys and, as its last line, that it is ready; a second one prints no key', async () => {
  const first = await Installation.start({ home });
  const keys = await readHomeKeys(home);
  expect(first.output).toContain(`Test key     ${keys?.testKey}`);
  expect(first.output).toContain(`Live key     ${keys?.liveKey}`);
  expect(first.output).toMatch(/^API {10}http:\/\/127\.0\.0\.1:\d+$/m);
  expect(first.output).toMatch(/^Temporal UI {2}http:\/\/127\.0\.0\.1:\d+$/m);
  expect(first.output.trimEnd().split('\n').at(-1)).toMatch(/^ready http:\/\/127\.0\.0\.1:\d+$/);
  expect(await first.stop()).toBe(0);

  const second = await Installation.start({ home });
  expect(second.output).not.toMatch(/fp_(test|live)_/);
  expect(await readHomeKeys(home)).toEqual(keys);
  expect(await second.stop()).toBe(0);
});

test('nobody but its owner can enter a home or read its keys', async () => {
  expect(await modeOf(home)).toBe('700');
  expect(await modeOf(path.join(home, 'keys.json'))).toBe('600');
  expect(await modeOf(path.join(home, 'postgres', 'password'))).toBe('600');
});

test('a second start on a home in use names the process that holds it, and leaves that one alone', async () => {
  const holder = await Installation.start({ home });
  const second = Installation.launch({ home });
  expect(await second.exited).toBe(1);
  expect(second.output).toContain(`${home} is in use by process ${await holder.pidOf('launcher')}.`);
  expect(second.output).toContain('DURABILL_HOME');
  expect(await holder.stop()).toBe(0);
});

describe('a signal ends every process within ten seconds', () => {
  const cases: { part: Part; signal: NodeJS.Signals }[] = [
    { part: 'npm', signal: 'SIGTERM' },
    { part: 'npm', signal: 'SIGINT' },
    { part: 'launcher', signal: 'SIGTERM' },
    { part: 'launcher', signal: 'SIGINT' },
  ];
  test.each(cases)('$signal to $part', async ({ part, signal }) => {
    const installation = await Installation.start({ home });
    const processes = await installation.identities();
    process.kill(await installation.pidOf(part), signal);
    expect(await waitUntilGone(processes, 10_000)).toEqual([]);
  });
});

describe('a signal during the start leaves nothing either', () => {
  test.each<Part>(['guardian', 'temporal', 'postgres', 'api'])('when the %s has just been started', async (part) => {
    const freshHome = await temporaryHome();
    const installation = Installation.launch({ home: freshHome });
    let isThere = false;
    while (!isThere)
      isThere = await installation.pidOf(part).then(
        () => true,
        () => false,
      );
    const processes = await installation.identities();
    expect(await installation.stop()).toBe(0);
    expect(await waitUntilGone(processes, 10_000)).toEqual([]);
    const left = (await listProcesses()).filter(({ command }) => command.includes(freshHome));
    expect(left).toEqual([]);
  });
});
