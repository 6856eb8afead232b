/** A figure as people read it. */
import type { JudgedReading } from './picture.ts';

const words = {
  ja: {
    untold: '不明',
    yes: 'はい',
    no: 'いいえ',
    above: '{}を超えると',
    below: '{}を下回ると',
    day: '日',
    hour: '時間',
    minute: '分',
    second: '秒',
  },
  en: {
    untold: 'unknown',
    yes: 'yes',
    no: 'no',
    above: 'above {}',
    below: 'below {}',
    day: ' d',
    hour: ' h',
    minute: ' min',
    second: ' s',
  },
} as const;

type Figure = Pick<JudgedReading, 'value' | 'unit'>;

export function valueText({ value, unit }: Figure, language: 'ja' | 'en'): string {
  const { untold, yes, no } = words[language];
  if (value === null) return untold;
  if (unit === 'yesNo') return value === 0 ? no : yes;
  if (unit === 'share') return `${Math.floor(value * 100)}%`;
  if (unit === 'count') return value.toLocaleString(language);
  return value < 0 ? `−${spanText(-value, language)}` : spanText(value, language);
}

/** From where on it is amber or red; empty where it never is. */
export function boundText({ unit }: Pick<Figure, 'unit'>, bound: JudgedReading['red'], language: 'ja' | 'en'): string {
  const { above, below } = words[language];
  const value = bound?.above ?? bound?.below;
  if (bound === null || value === undefined || unit === 'yesNo') return '';
  return (bound.above === undefined ? below : above).replace('{}', valueText({ value, unit }, language));
}

/** The two largest of days, hours, minutes and seconds; milliseconds below one second. */
function spanText(seconds: number, language: 'ja' | 'en'): string {
  const { day, hour, minute, second } = words[language];
  if (seconds > 0 && seconds < 1) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  const whole = Math.floor(seconds);
  const parts = [
    { amount: Math.floor(whole / 86_400), word: day },
    { amount: Math.floor(whole / 3600) % 24, word: hour },
    { amount: Math.floor(whole / 60) % 60, word: minute },
    { amount: whole % 60, word: second },
  ];
  const first = parts.findIndex(({ amount }) => amount > 0);
  if (first < 0) return `0${second}`;
  const told = parts.slice(first, first + 2).filter(({ amount }) => amount > 0);
  return told.map(({ amount, word }) => `${amount}${word}`).join(' ');
}
