import pino, { type DestinationStream, type Logger } from 'pino';
import type { Config } from './config.ts';

export type { Logger } from 'pino';

/** Fields that hold secrets wherever they appear; their values never reach a log. */
const SECRET_FIELDS = ['authorization', 'cookie', 'apiKey', 'secret', 'password', 'key', 'testKey', 'liveKey'];
/** API keys and passwords inside texts, such as the message of an error that quotes a URL. */
const SECRET_TEXT = /\b(fp_(?:test|live)_)[A-Za-z0-9]+|(:\/\/[^/\s:@]+:)[^@\s/]+(?=@)/g;

/** A logger of JSON lines on standard error (standard output is for results), without secrets. */
export function createLogger(part: string, level: Config['logLevel'], destination?: DestinationStream): Logger {
  return pino(
    {
      base: { part },
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: '[removed]',
      },
      hooks: { streamWrite: (line) => line.replace(SECRET_TEXT, '$1$2[removed]') },
    },
    destination ?? pino.destination({ dest: 2, sync: true }),
  );
}
