import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOpenssl, type Answer } from './openssl.ts';

/** One question to an outside judge: a command, and what its answer must and must not contain. */
export interface Question {
  readonly title: string;
  /** Arguments of openssl; file names are relative to the folder that is judged. */
  readonly openssl: readonly string[];
  readonly must?: readonly RegExp[];
  readonly mustNot?: readonly RegExp[];
  /** 'refuses' where the command has to fail. */
  readonly verdict?: 'accepts' | 'refuses';
}

export interface Judge {
  /** Asks OpenSSL, shows the command and what it prints, and returns what it prints. */
  readonly ask: (question: Question) => Promise<string>;
  /** Records a comparison of what judges have printed. */
  readonly compare: (title: string, difference: string | undefined) => void;
  /** Titles of what did not hold. */
  readonly failures: () => readonly string[];
}

/** Judges the files of a folder; every question, command, answer and verdict goes to checks.txt there too. */
export function openJudge(folder: string, show: (text: string) => void): Judge {
  const file = join(folder, 'checks.txt');
  const failures: string[] = [];
  writeFileSync(file, '');
  const tell = (text: string): void => {
    appendFileSync(file, `${text}\n`);
    show(text);
  };
  const settle = (title: string, difference: string | undefined): void => {
    if (difference !== undefined) failures.push(title);
    tell(difference === undefined ? `  ✓ ${title}` : `  ✗ ${title}: ${difference}`);
  };
  const ask = async (question: Question): Promise<string> => {
    tell(`\n  $ openssl ${question.openssl.map(quoted).join(' ')}`);
    const answer = await runOpenssl(folder, question.openssl);
    tell(indented(withoutKeys(answer.output)));
    settle(question.title, differenceOf(question, answer));
    return answer.output;
  };
  return { ask, compare: settle, failures: () => failures };
}

function differenceOf({ must = [], mustNot = [], verdict = 'accepts' }: Question, answer: Answer): string | undefined {
  const accepted = answer.code === 0;
  if (accepted !== (verdict === 'accepts')) return `OpenSSL ended with code ${answer.code}`;
  const missing = must.filter(pattern => !pattern.test(answer.output)).map(pattern => `lacks ${pattern.source}`);
  const unwanted = mustNot.filter(pattern => pattern.test(answer.output)).map(pattern => `has ${pattern.source}`);
  const differences = [...missing, ...unwanted];
  return differences.length === 0 ? undefined : differences.join('; ');
}

/** The demonstration's key is nobody's, but keys have no place in a record. */
function withoutKeys(text: string): string {
  return text.replace(/(BEGIN PRIVATE KEY-----)[^-]+/g, '$1\n(not shown)\n');
}

function indented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map(line => `    ${line}`)
    .join('\n');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`;
}
