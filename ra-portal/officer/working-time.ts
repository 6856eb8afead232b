/** Time as a desk counts it: the hours in which officers are there, in Japan. */
import type { SchedulePolicy } from '../../ca-core/index.ts';

export type WorkingHours = Pick<SchedulePolicy['desk'], 'workingTime' | 'holidays'>;

const day = 86_400;
const japan = 9 * 3_600;
/** A calendar without a working day must not keep anybody looking for ever. */
const mostDays = 3_660;

/** The moment at which so many seconds of working time have gone by since `at` (Unix seconds). */
export function addWorkingTime(at: number, seconds: number, hours: WorkingHours): number {
  let left = seconds;
  let from = at;
  for (let days = 0; days < mostDays; days++) {
    const { start, end } = shiftOf(from, hours);
    const begin = Math.max(from, start);
    if (begin < end && left <= end - begin) return begin + left;
    left -= Math.max(0, end - begin);
    from = midnightBefore(from) + day;
  }
  return from;
}

/** Seconds of working time from one moment to another; negative where the other came first. */
export function workingTimeBetween(from: number, until: number, hours: WorkingHours): number {
  if (until < from) return -workingTimeBetween(until, from, hours);
  let sum = 0;
  for (let at = from, days = 0; at < until && days < mostDays; at = midnightBefore(at) + day, days++) {
    const { start, end } = shiftOf(at, hours);
    sum += Math.max(0, Math.min(until, end) - Math.max(at, start));
  }
  return sum;
}

/** The working hours of the day that a moment is in; an empty shift where nobody works. */
function shiftOf(
  at: number,
  { workingTime, holidays }: WorkingHours,
): { readonly start: number; readonly end: number } {
  const midnight = midnightBefore(at);
  const date = new Date((midnight + japan) * 1000);
  const weekday = date.getUTCDay() === 0 ? 7 : date.getUTCDay();
  const isFree = !workingTime.days.includes(weekday) || holidays.includes(date.toISOString().slice(0, 10));
  if (isFree) return { start: midnight, end: midnight };
  return { start: midnight + secondsOf(workingTime.from), end: midnight + secondsOf(workingTime.until) };
}

const midnightBefore = (at: number): number => Math.floor((at + japan) / day) * day - japan;

function secondsOf(timeOfDay: string): number {
  const [hours = 0, minutes = 0] = timeOfDay.split(':').map(Number);
  return hours * 3_600 + minutes * 60;
}
