const MONTHS: readonly string[] = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

const TIME = '(\\d{2}):(\\d{2}):(\\d{2})';
const SHORT_DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const LONG_DAY = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';

/** Preferred form: `Sun, 06 Nov 1994 08:49:37 GMT`. */
const IMF_FIXDATE = new RegExp(`^${SHORT_DAY}, (\\d{2}) ([A-Z][a-z]{2}) (\\d{4}) ${TIME} GMT$`);
/** Obsolete, with a year of two digits: `Sunday, 06-Nov-94 08:49:37 GMT`. */
const RFC_850 = new RegExp(`^${LONG_DAY}, (\\d{2})-([A-Z][a-z]{2})-(\\d{2}) ${TIME} GMT$`);
/** Obsolete, from C's asctime: `Sun Nov  6 08:49:37 1994`. */
const ASCTIME = new RegExp(`^${SHORT_DAY} ([A-Z][a-z]{2}) ([ \\d]\\d) ${TIME} (\\d{4})$`);

/** Every form is shorter; the bound spares the expressions a long text. */
const MAX_LENGTH = 64;

const FIFTY_YEARS_MS = 50 * 365.25 * 86_400_000;

/** Reads as 1970 to 2069 a year of two digits when the caller has no time to compare with. */
const ASSUMED_NOW_MS = 1_577_836_800_000;

/**
 * An HTTP date in any of the three forms of RFC 9110 §5.6.7, as epoch milliseconds.
 *
 * The weekday must be one, but need not be the right one: nothing depends on it.
 *
 * @param nowMs - decides the century of a two-digit year: never more than 50 years ahead
 */
export function parseHttpDate(value: string, nowMs: number = ASSUMED_NOW_MS): number | undefined {
  if (value.length > MAX_LENGTH) return undefined;
  const fixed = IMF_FIXDATE.exec(value);
  if (fixed !== null) {
    const [, day, month, year, hour, minute, second] = fixed;
    return epochMs(Number(year), month, day, hour, minute, second);
  }
  const asctime = ASCTIME.exec(value);
  if (asctime !== null) {
    const [, month, day, hour, minute, second, year] = asctime;
    return epochMs(Number(year), month, day, hour, minute, second);
  }
  const rfc850 = RFC_850.exec(value);
  if (rfc850 === null) return undefined;
  const [, day, month, shortYear, hour, minute, second] = rfc850;
  const century = Math.floor(new Date(nowMs).getUTCFullYear() / 100) * 100;
  const year = century + Number(shortYear);
  const dateMs = epochMs(year, month, day, hour, minute, second);
  const isTooFarAhead = dateMs !== undefined && dateMs - nowMs > FIFTY_YEARS_MS;
  return isTooFarAhead ? epochMs(year - 100, month, day, hour, minute, second) : dateMs;
}

/** `undefined` for a day, hour, minute or second that does not exist; 60 is a leap second. */
function epochMs(year: number, monthName = '', ...rest: (string | undefined)[]) {
  const month = MONTHS.indexOf(monthName);
  const [day = 0, hour = 0, minute = 0, second = 0] = rest.map(Number);
  if (month < 0 || hour > 23 || minute > 59 || second > 60) return undefined;
  // The two-argument forms of Date map years below 100 to 1900 onwards; setUTCFullYear does not.
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day) return undefined;
  const dateMs = date.setUTCHours(hour, minute, second);
  return Number.isNaN(dateMs) ? undefined : dateMs;
}
