/** What a root CA says of the CA certificates that it signed: signed at a ceremony, put into the home, given as it is. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readCertificate, readOcspBundle, readOcspResponse, verifyOcspResponse } from '../ca-core/index.ts';
import type { Clock } from '../ca-core/clock.ts';
import type { Log } from '../ca-core/log.ts';
import { refusals, tagOf, type Answer } from './answer.ts';

export interface RootAnswers {
  /** The answer about this CertID, tryLater where its time is over, undefined where no root told of it. */
  readonly find: (certId: Uint8Array) => Answer | undefined;
  /** Reads what was put there since. Never throws: what cannot be believed is an alarm in the log, and what was there stays. */
  readonly follow: () => void;
}

interface Told {
  readonly body: Buffer;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly tag: string;
}

/** The folder holds for each root NAME.cer, its certificate, and NAME.ocsp, a bundle of OCSPResponses. */
export function openRootAnswers(
  folder: string,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): RootAnswers {
  const byRoot = new Map<string, { readonly seen: string; readonly answers: ReadonlyMap<string, Told> }>();
  const take = (name: string): void => {
    const seen = stateOf(join(folder, `${name}.ocsp`));
    if (byRoot.get(name)?.seen === seen) return;
    const before = byRoot.get(name)?.answers ?? new Map<string, Told>();
    byRoot.set(name, { seen, answers: before });
    try {
      byRoot.set(name, { seen, answers: answersOf(join(folder, name)) });
    } catch (error) {
      log.error({ err: error, root: name }, 'what a root says of its CA certificates cannot be believed');
    }
  };
  return {
    find: certId => {
      const now = clock.now();
      const key = Buffer.from(certId).toString('hex');
      const told = [...byRoot.values()].map(({ answers }) => answers.get(key)).find(one => one !== undefined);
      if (told === undefined) return undefined;
      return told.thisUpdate <= now && now < told.nextUpdate ? answerOf(told) : refusals.tryLater;
    },
    follow: () => {
      if (!existsSync(folder)) return;
      const names = readdirSync(folder).filter(name => name.endsWith('.ocsp'));
      for (const name of names) take(name.slice(0, -'.ocsp'.length));
    },
  };
}

function answerOf({ body, thisUpdate, nextUpdate, tag }: Told): Answer {
  return { body, status: 'successful', life: { thisUpdate, nextUpdate, tag } };
}

/** Throws where one of them is not about one certificate alone, or not signed by that root itself (RFC 6960 §4.2.2.2). */
function answersOf(path: string): ReadonlyMap<string, Told> {
  const { subjectPublicKeyInfo } = readCertificate(readFileSync(`${path}.cer`));
  const answers = new Map<string, Told>();
  for (const response of readOcspBundle(readFileSync(`${path}.ocsp`))) {
    const { basic } = readOcspResponse(response);
    const [single, ...others] = basic?.responses ?? [];
    const isSigned = basic !== null && verifyOcspResponse(basic, subjectPublicKeyInfo);
    if (!isSigned || single === undefined || others.length > 0) throw new Error('an answer that the root did not give');
    const { certId, thisUpdate, nextUpdate } = single;
    const tag = tagOf(Buffer.from(basic.signature), basic.signature.length);
    answers.set(Buffer.from(certId).toString('hex'), { body: Buffer.from(response), thisUpdate, nextUpdate, tag });
  }
  return answers;
}

function stateOf(file: string): string {
  const { ino, size, mtimeMs } = statSync(file);
  return `${ino} ${size} ${mtimeMs}`;
}
