/** From which instant on (seconds since 1970) a zone's clocks are how many seconds ahead of UTC. */
export type ClockChange = readonly [at: number, offsetSeconds: number];

const FROM = Date.UTC(1970, 0) / 1000;
/** Boundaries later than this can't be compared. */
export const KNOWN_UNTIL = Date.UTC(2160, 0) / 1000;
/** No zone has changed its clocks twice within it. */
const STEP = 2 * 86_400;

/** All changes of a zone's clocks, read off them: each second between two looks that differ is searched by halves. */
export function clockChanges(timezone: string): ClockChange[] {
  const offsetAt = offsetReader(timezone);
  const changes: ClockChange[] = [[FROM, offsetAt(FROM)]];
  for (let at = FROM; at < KNOWN_UNTIL; at += STEP) {
    const after = offsetAt(at + STEP);
    const before = changes.at(-1)?.[1];
    if (after === before) continue;
    let [low, high] = [at, at + STEP];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    changes.push([high, after]);
  }
  return changes;
}

function offsetReader(timezone: string): (seconds: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset', hour: 'numeric' });
  return (seconds) => {
    const shown = format.format(seconds * 1000);
    const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(shown);
    if (match === null) throw new Error(`${timezone} shows no offset: ${shown}`);
    const [, sign, hours = 0, minutes = 0, rest = 0] = match;
    return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(rest));
  };
}
