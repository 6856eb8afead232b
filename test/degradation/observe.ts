/** What each act comes to while something is away, as those see it who try. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../ca-core/clock.ts';
import { encodeCertId, encodeOcspRequest, issuerForms, readCrl, verifyCrl } from '../../ca-core/index.ts';
import { answerTo, openJudge } from '../../scripts/bench/soak-asker.ts';
import { settingOf } from '../../scripts/settings.ts';
import type { DegradableWorld } from './a-world.ts';

/** How an act that somebody begins ends at once. */
export type Ending = { readonly cell: 'done' | 'refused' | 'away'; readonly words: string };

const patience = 25_000;

/** A refusal counts as one only with a sentence for whom it concerns; a bug's 500 is none. */
export async function tried(act: () => Promise<unknown>): Promise<Ending> {
  const late = pause(patience).then(() => Promise.reject(new Error('nobody answered in time')));
  try {
    await Promise.race([act(), late]);
    return { cell: 'done', words: '' };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (/ECONNREFUSED|ECONNRESET/.test(`${code} ${words}`)) return { cell: 'away', words };
    if (/: (4\d\d|503) /.test(words) && /"title":"[^"]{5,}|<main>/.test(words)) return { cell: 'refused', words };
    throw new Error(`neither done nor refused: ${words}`, { cause: error });
  }
}

/** What a whole answer of now says of a certificate, or `away`. Throws at an answer with a fault. */
export async function toldByOcsp(world: DegradableWorld, serialNumber: string, clock: Clock): Promise<string> {
  const { issuer, settings } = world;
  const certId = encodeCertId(issuerForms(issuer)[0] ?? new Uint8Array(), serialNumber);
  const url = `${settingOf(settings, 'KAKUIN_OCSP_URL')}/`;
  const octets = await answerTo(url, 'POST', encodeOcspRequest([certId])).catch(() => undefined);
  if (octets === undefined) return 'away';
  const { told, fault } = openJudge(issuer, clock)(octets, certId);
  // tryLater (RFC 6960 §2.3) is no answer about a certificate.
  if (fault === 'responseStatus 3') return 'away';
  if (fault !== undefined) throw new Error(`OCSP: ${fault}`);
  return told ?? 'away';
}

/** Whether the CRL that is served now is whole and in force, and whether this certificate is on it. */
export async function toldByCrl(world: DegradableWorld, serialNumber: string, clock: Clock): Promise<string> {
  const url = `${settingOf(world.settings, 'KAKUIN_CRL_URL')}/crl/issuing/0.crl`;
  const answer = await fetch(url).catch(() => undefined);
  if (answer?.status !== 200) return 'away';
  const crl = readCrl(new Uint8Array(await answer.arrayBuffer()));
  if (!verifyCrl(crl, world.issuer.subjectPublicKeyInfo) || crl.nextUpdate <= clock.now()) return 'over';
  return [...crl.entries].some(entry => entry.serialNumber === serialNumber) ? 'revoked' : 'good';
}
