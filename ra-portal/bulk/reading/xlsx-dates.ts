/** Excel keeps a day as a number and shows it by the cell's format (ECMA-376 part 1 §18.8.30). */

/** Built-in formats that show a date or a time, those of Japanese Excel among them (27 to 36, 50 to 58). */
export const isDateFormatId = (id: number): boolean =>
  (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58);

/** `yyyy/m/d`, `m"月"d"日"`, `[$-411]ge.m.d`, not `0.00E+00` nor `#,##0"day"`. */
export function isDateFormat(code: string): boolean {
  const bare = code.replace(/"[^"]*"|\\.|_.|\*.|\[[^\]]*\]/g, '').replace(/General|E[+-]/gi, '');
  return /[ymdhsge]/i.test(bare);
}

const day = 86_400_000;

/**
 * A serial day as yyyy-mm-dd, whatever the time of day. Day 60 of the calendar from 1900 is the 29 February that never
 * was. Null outside the years that Excel has.
 */
export function dateOfSerial(serial: number, from1904: boolean): string | null {
  if (!(serial >= 1 && serial < 2_958_466)) return null;
  const whole = Math.floor(serial);
  const epoch = from1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, whole < 60 ? 31 : 30);
  return new Date(epoch + whole * day).toISOString().slice(0, 10);
}
