import { afterEach, expect, jest, test } from '@jest/globals';
import { chmod, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Installation, NPM_START, removeHomes, temporaryHome } from '../support/installation.ts';

jest.setTimeout(240_000);
afterEach(removeHomes);

/** Inside a user namespace root's process is user 1000 and still may read the checkout. */
const AS_OTHER_USER = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--', ...NPM_START];

const users: { user: string; command: string[] }[] =
  process.getuid?.() === 0 && process.platform === 'linux'
    ? [
        { user: 'root', command: NPM_START },
        { user: 'a user who is not root', command: AS_OTHER_USER },
      ]
    : [{ user: 'this user', command: NPM_START }];

test.each(users)('it works for $user, in a home inside a folder that only its owner may enter', async ({ command }) => {
  const home = await temporaryHome();
  const inner = path.join(home, 'inner');
  await mkdir(inner, { recursive: true, mode: 0o700 });
  await chmod(home, 0o700);
  const installation = await Installation.start({ home: inner, command });
  expect((await stat(inner)).mode & 0o777).toBe(0o700);
  expect(await installation.stop()).toBe(0);
});

test('two homes run side by side, each on ports of its own, and keep them', async () => {
  const one = await temporaryHome();
  const other = await temporaryHome();
  const runs = await Promise.all([Installation.start({ home: one }), Installation.start({ home: other })]);
  const uiOf = (run: Installation) => /^Temporal UI +(\S+)/m.exec(run.output)?.[1];
  expect(uiOf(runs[0])).not.toBe(uiOf(runs[1]));
  expect(await Promise.all(runs.map((run) => run.stop()))).toEqual([0, 0]);

  const again = await Installation.start({ home: one });
  expect(uiOf(again)).toBe(uiOf(runs[0]));
  expect(await again.stop()).toBe(0);
});
