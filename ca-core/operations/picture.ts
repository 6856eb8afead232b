/** How everything stands: the one place where a figure becomes green, amber or red. Pages, the console, metrics and alerts all read this. */
import type { UnixTime } from '../clock.ts';
import type { Bound, OperationsPolicy, ReadingPolicy } from '../profiles/operations-policy.ts';
import { readingNames, type DayFigures, type Observation, type Reading } from './observation.ts';

export type Light = 'green' | 'amber' | 'red';

export interface JudgedReading extends Reading {
  readonly unit: ReadingPolicy['unit'];
  readonly light: Light;
  readonly amber: Bound;
  readonly red: Bound;
}

export interface Picture {
  readonly light: Light;
  /** When the monitor last looked; null where it never did. */
  readonly observedAt: UnixTime | null;
  /** In the order of `readingNames`. */
  readonly readings: readonly JudgedReading[];
  readonly days: readonly DayFigures[];
}

/** `observation` is the monitor's newest, undefined where there is none; what it measured is as old as it is. */
export function pictureOf(observation: Observation | undefined, policy: OperationsPolicy, now: UnixTime): Picture {
  const silence = observation === undefined ? null : Math.max(0, now - observation.at);
  const own: Reading = { name: 'monitorSilence', subject: '', value: silence, note: '' };
  const told = (observation?.readings ?? []).filter(({ name }) => name !== 'monitorSilence');
  const readings = [own, ...told].map(reading => judge(reading, policy)).sort(byName);
  return {
    light: worstOf(readings.map(({ light }) => light)),
    observedAt: observation?.at ?? null,
    readings,
    days: observation?.days ?? [],
  };
}

/** A figure by its bounds. */
export function judge(reading: Reading, { readings }: Pick<OperationsPolicy, 'readings'>): JudgedReading {
  const { unit, amber, red, untold } = readings[reading.name];
  const { value } = reading;
  const light = value === null ? untold : isBeyond(value, red) ? 'red' : isBeyond(value, amber) ? 'amber' : 'green';
  return { ...reading, unit, amber, red, light };
}

export function worstOf(lights: readonly Light[]): Light {
  if (lights.includes('red')) return 'red';
  return lights.includes('amber') ? 'amber' : 'green';
}

const isBeyond = (value: number, bound: Bound): boolean =>
  bound !== null &&
  ((bound.above !== undefined && value > bound.above) || (bound.below !== undefined && value < bound.below));

const byName = (one: Reading, other: Reading): number =>
  readingNames.indexOf(one.name) - readingNames.indexOf(other.name);
