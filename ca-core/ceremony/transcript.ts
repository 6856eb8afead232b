/** What was done at a ceremony, in words that witnesses sign and in JSON for programs. Never a secret. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, UnixTime } from '../clock.ts';
import { PkiError } from '../errors.ts';
import type { Certificate } from '../x509/certificate.ts';
import { formatName } from '../x509/name.ts';
import { keepFile } from './kept-file.ts';

export type Facts = Readonly<Record<string, string>>;

export interface TranscriptStep {
  readonly what: string;
  readonly at: UnixTime;
  readonly facts: Facts;
  /** Who said that it is so: the operators at the terminal, or nobody where the ceremony runs unattended. */
  readonly confirmed: 'atTheTerminal' | 'unattended' | 'declined';
}

export interface TranscriptHead {
  readonly title: string;
  /** `root`, `request`, `sign` …; `all` for the whole ceremony at once. */
  readonly part: string;
  readonly operators: readonly string[];
  readonly witnesses: readonly string[];
  /** SHA-256 of the plan's file, hex. */
  readonly plan: string;
  /** Names and versions of what made it. */
  readonly tools: Facts;
}

/** Shows a step and resolves with whether the people at the terminal confirm it; undefined: nobody is asked. */
export type Confirm = (what: string, facts: Facts) => Promise<boolean | undefined>;

export interface Transcript {
  /** Writes a step down once it is confirmed. Throws notPermitted {step} where it is declined. */
  readonly step: (what: string, facts: Facts) => Promise<void>;
  /** Puts NNNN-part.json and .txt into the folder, mode 0644. Their paths. */
  readonly close: (folder: string, failure?: string) => Promise<{ readonly json: string; readonly text: string }>;
}

export function openTranscript(head: TranscriptHead, clock: Clock, confirm: Confirm): Transcript {
  const startedAt = clock.now();
  const steps: TranscriptStep[] = [];
  return {
    step: async (what, facts) => {
      const answer = await confirm(what, facts);
      const confirmed = answer === undefined ? 'unattended' : answer ? 'atTheTerminal' : 'declined';
      steps.push({ what, at: clock.now(), facts, confirmed });
      if (answer === false) throw new PkiError('notPermitted', { step: what });
    },
    close: async (folder, failure) => {
      const outcome = failure ?? 'completed';
      const all = {
        kind: 'kakuin ceremony transcript',
        version: 1,
        ...head,
        startedAt,
        endedAt: clock.now(),
        outcome,
        steps,
      };
      const json = `${JSON.stringify(all, null, 2)}\n`;
      const base = join(folder, `${nextNumber(folder)}-${head.part}`);
      await keepFile(`${base}.json`, json);
      await keepFile(`${base}.txt`, textOf(all, createHash('sha256').update(json).digest('hex')));
      return { json: `${base}.json`, text: `${base}.txt` };
    },
  };
}

/** What people compare of a certificate. */
export function certificateFacts({ der, subject, serialNumber, notBefore, notAfter, ...rest }: Certificate): Facts {
  return {
    subject: formatName(subject),
    issuer: formatName(rest.issuer),
    serialNumber,
    notBefore: timeText(notBefore),
    notAfter: timeText(notAfter),
    signatureAlgorithm: rest.signatureAlgorithm,
    'SHA-256 of the certificate': fingerprint(der),
    'SHA-256 of the public key': fingerprint(rest.subjectPublicKeyInfo),
  };
}

export const fingerprint = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export const timeText = (time: UnixTime): string => new Date(time * 1000).toISOString().replace('.000', '');

interface Whole extends TranscriptHead {
  readonly startedAt: UnixTime;
  readonly endedAt: UnixTime;
  readonly outcome: string;
  readonly steps: readonly TranscriptStep[];
}

function textOf(whole: Whole, jsonHash: string): string {
  const { title, part, plan, startedAt, endedAt, outcome, tools, operators, witnesses, steps } = whole;
  const head = { title, part, started: timeText(startedAt), ended: timeText(endedAt), outcome };
  return [
    'KEY CEREMONY TRANSCRIPT',
    '',
    ...lines({ ...head, 'SHA-256 of the plan': plan, 'SHA-256 of the JSON': jsonHash }),
    ...lines(tools),
    '',
    ...steps.flatMap(({ what, at, facts, confirmed }, index) => [
      `${index + 1}. ${what} (${timeText(at)}; ${confirmedText[confirmed]})`,
      ...lines(facts).map(line => `   ${line}`),
      '',
    ]),
    'I was present and saw the above.',
    '',
    ...[...operators.map(name => `operator  ${name}`), ...witnesses.map(name => `witness   ${name}`)].flatMap(who => [
      `${who.padEnd(42)} ______________________  date ____________`,
      '',
    ]),
  ].join('\n');
}

const confirmedText: Readonly<Record<TranscriptStep['confirmed'], string>> = {
  atTheTerminal: 'confirmed at the terminal',
  unattended: 'unattended: nobody was asked',
  declined: 'DECLINED at the terminal',
};

const lines = (facts: Facts): string[] => Object.entries(facts).map(([name, value]) => `${name.padEnd(28)} ${value}`);

function nextNumber(folder: string): string {
  const numbers = existsSync(folder) ? readdirSync(folder).map(name => Number(/^(\d{4})-/.exec(name)?.[1] ?? 0)) : [];
  return String(Math.max(0, ...numbers) + 1).padStart(4, '0');
}
