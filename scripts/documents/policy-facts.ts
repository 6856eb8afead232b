/** What any file of policies/ says, by file and dotted path, as people write it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Language } from './marks.ts';

const units: readonly (readonly [string, string])[] = [
  ['millisecond', 'ミリ秒'],
  ['second', '秒'],
  ['minute', '分'],
  ['hour', '時間'],
  ['day', '日'],
];

/** `schedule.yaml crl.nextUpdateAfter` → `72 hours`, `72時間`; undefined where it is no such thing. */
export function policyFact(folder: string, name: string, language: Language): string | undefined {
  const [, file, path] = /^([\w/-]+\.yaml) ([\w.-]+)$/.exec(name) ?? [];
  if (file === undefined || path === undefined) return undefined;
  let value: unknown = parse(readFileSync(join(folder, file), 'utf8'));
  for (const key of path.split('.')) value = isRecord(value) ? value[key] : undefined;
  return worded(value, language);
}

function worded(value: unknown, language: Language): string | undefined {
  if (typeof value === 'string') return durationText(value, language);
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) {
    const words = value.map(one => worded(one, language));
    return words.includes(undefined) ? undefined : words.join(language === 'ja' ? '、' : ', ');
  }
  return isRecord(value) ? worded(value[language], language) : undefined;
}

function durationText(text: string, language: Language): string {
  const [, amount, unit] = /^(\d+) ([a-z]+?)s?$/.exec(text) ?? [];
  const word = units.find(([name]) => name === unit);
  return language === 'en' || word === undefined ? text : `${amount ?? ''}${word[1]}`;
}

/** Seconds as a policy would write them, in the largest unit that fits evenly. */
export function secondsText(seconds: number, language: Language): string {
  const sizes = { day: 86_400, hour: 3600, minute: 60, second: 1 };
  const [unit, size] = Object.entries(sizes).find(([, one]) => seconds % one === 0) ?? ['second', 1];
  const amount = seconds / size;
  return durationText(`${amount} ${unit}${amount === 1 ? '' : 's'}`, language);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
