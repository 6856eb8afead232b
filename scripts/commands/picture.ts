/** The monitor's figures, at the terminal. */
import type { UnixTime } from '../../ca-core/clock.ts';
import {
  boundText,
  pictureOf,
  valueText,
  type OperationsPolicy,
  type Picture,
  type Store,
} from '../../ca-core/index.ts';
import { columns, timeText } from './command.ts';

export async function tellPicture(
  { observations }: Pick<Store, 'observations'>,
  policy: OperationsPolicy,
  now: UnixTime,
): Promise<Picture> {
  return pictureOf(await observations.of('monitor'), policy, now);
}

/** Every figure, and under those that are not green what to do. */
export function pictureLines(
  { light, observedAt, readings }: Picture,
  { readings: policies }: OperationsPolicy,
): string[] {
  const rows = readings.map(one => [
    one.light,
    policies[one.name].name.en,
    one.subject,
    valueText(one, 'en'),
    boundText(one, one.red, 'en'),
  ]);
  const shown = columns(rows);
  const lines = readings.flatMap((one, at) => [
    shown[at] ?? '',
    ...(one.light === 'green' ? [] : [`       → ${policies[one.name].act.en}`]),
  ]);
  const looked =
    observedAt === null ? 'the monitor has not looked yet' : `as the monitor saw it at ${timeText(observedAt)}`;
  return [`all in all: ${light}, ${looked}`, ...lines];
}
