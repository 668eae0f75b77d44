import { expect, test } from '@jest/globals';
import { createLogger, type Logger } from '../../src/platform/logger.ts';

function logged(write: (logger: Logger) => void): string {
  const lines: string[] = [];
  write(createLogger('test', 'info', { write: (line: string) => void lines.push(line) }));
  return lines.join('');
}

test('a line is one JSON object with the part, a readable level and a UTC time', () => {
  const line = JSON.parse(logged((logger) => logger.info({ invoice: 'inv_1' }, 'finalized')));
  expect(line).toEqual({
    level: 'info',
    time: expect.stringMatching(/Z$/),
    part: 'test',
    invoice: 'inv_1',
    msg: 'finalized',
  });
});

test('no key and no password reaches a log, wherever it stands', () => {
  const secret = 'Hunter2Hunter2Hunter2Hunter2';
  const text = logged((logger) => {
    logger.info({ authorization: `Bearer fp_live_${secret}` }, 'header');
    logger.info({ request: { headers: { authorization: secret } } }, 'nested');
    logger.info({ err: new Error(`cannot use postgres://me:${secret}@db/x`) }, 'error');
    logger.info(`the key fp_test_${secret} was refused`);
  });
  expect(text.split('\n').filter((line) => line !== '')).toHaveLength(4);
  expect(text).not.toContain(secret);
  expect(text).toContain('postgres://me:[removed]@db/x');
});
