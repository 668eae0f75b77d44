import { instantOfLocalTime } from '../../domain/calendar.ts';
import { type Instant, parseInstant } from '../../domain/instant.ts';

/** A date and time as a clock shows it; `offset` is `Z`, `+hh:mm` or null when only a zone can tell. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Up to 9 digits behind the second's point. */
  readonly fraction: string;
  readonly offset: string | null;
}

/**
 * The instant of a wall time; null when there is no such date, time or offset, or when it has no offset and no zone
 * is given. Skipped local times move forward by the gap, repeated ones are the first (as period boundaries do).
 */
export function instantOfWallTime(wall: WallTime, timezone: string | null): Instant | null {
  const date = `${pad(wall.year, 4)}-${pad(wall.month, 2)}-${pad(wall.day, 2)}`;
  const time = `${pad(wall.hour, 2)}:${pad(wall.minute, 2)}:${pad(wall.second, 2)}`;
  const fraction = wall.fraction === '' ? '' : `.${wall.fraction}`;
  const shown = parseInstant(`${date}T${time}${fraction}${wall.offset ?? 'Z'}`);
  if (shown === null || wall.offset !== null || timezone === 'UTC') return shown;
  return timezone === null ? null : instantOfLocalTime(shown, timezone);
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
