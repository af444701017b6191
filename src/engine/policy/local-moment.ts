import type { LocalMoment } from '../../core/policy/limited-hours.ts';

/** The moment of the local week, in the time zone of this process. */
export function localMoment(wallMs: number): LocalMoment {
  const date = new Date(wallMs);
  return {
    minuteOfDay: date.getHours() * 60 + date.getMinutes(),
    weekday: date.getDay(),
    msOfMinute: date.getSeconds() * 1_000 + date.getMilliseconds(),
  };
}
