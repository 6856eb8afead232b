/** The picture as Prometheus reads it (text format 0.0.4): each figure by its name, and what it is judged to be. */
import type { JudgedReading, Light, Picture } from '../ca-core/index.ts';

const lights: Readonly<Record<Light, number>> = { green: 0, amber: 1, red: 2 };
const suffixes: Readonly<Record<JudgedReading['unit'], string>> = {
  seconds: '_seconds',
  count: '',
  share: '_ratio',
  yesNo: '',
};

/** `undelivered`: alerts that have not arrived yet. English names for HELP come with the readings' policy. */
export function metricsText(
  { observedAt, readings }: Picture,
  { undelivered, helpOf }: { readonly undelivered: number; readonly helpOf: (reading: JudgedReading) => string },
): string {
  const byName = new Map<string, JudgedReading[]>();
  for (const one of readings) byName.set(metricName(one), [...(byName.get(metricName(one)) ?? []), one]);
  const figures = [...byName].map(([name, all]) => {
    const [first] = all;
    const lines = all.map(({ subject, value }) => `${name}${labels({ subject })} ${value ?? 'NaN'}`);
    return block(name, first === undefined ? '' : helpOf(first), lines);
  });
  const judged = readings.map(
    ({ name, subject, light }) => `kakuin_light${labels({ reading: name, subject })} ${lights[light]}`,
  );
  const red = readings.filter(({ light }) => light === 'red').length;
  return [
    ...figures,
    block('kakuin_light', '0 green, 1 amber, 2 red.', judged),
    block('kakuin_red', 'How many readings are red.', [`kakuin_red ${red}`]),
    block('kakuin_observed_timestamp_seconds', 'When the monitor last looked.', [
      `kakuin_observed_timestamp_seconds ${observedAt ?? 'NaN'}`,
    ]),
    block('kakuin_alerts_undelivered', 'Alerts that have not arrived yet.', [
      `kakuin_alerts_undelivered ${undelivered}`,
    ]),
  ].join('');
}

/** `crlAge` in seconds is `kakuin_crl_age_seconds`. */
export const metricName = ({ name, unit }: Pick<JudgedReading, 'name' | 'unit'>): string =>
  `kakuin_${name.replace(/[A-Z0-9]+/g, part => `_${part.toLowerCase()}`)}${suffixes[unit]}`;

const block = (name: string, help: string, lines: readonly string[]): string =>
  `# HELP ${name} ${escaped(help)}\n# TYPE ${name} gauge\n${lines.join('\n')}\n`;

function labels(values: Readonly<Record<string, string>>): string {
  const told = Object.entries(values).filter(([, value]) => value !== '');
  return told.length === 0 ? '' : `{${told.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`;
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
