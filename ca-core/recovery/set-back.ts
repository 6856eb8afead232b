/** Whether a home was set back in time: then nothing may be signed, for what it forgot might be signed twice, or unsaid. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpointFiles, type CheckpointFiles } from '../audit/checkpoint-files.ts';
import { readCheckpoint } from '../audit/checkpoint.ts';
import { keyOf } from '../audit/live-log.ts';
import type { NoteKey } from '../audit/signed-note.ts';
import { restoredMarkIn } from '../backup/restored-mark.ts';
import { allOf, type Ca } from '../ca.ts';
import { PkiError, refusalOf } from '../errors.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { CaSettings } from '../settings.ts';
import { readAnyCrl, verifyCrl, type CertificateRevocationList } from '../x509/crl.ts';

export interface StandingGround {
  readonly ca: Ca;
  readonly settings: CaSettings;
  /** The store of the key that signs the audit log's checkpoints. */
  readonly auditKeys: KeyStore;
}

type Standing = Pick<StandingGround, 'ca' | 'settings'>;

/** Throws recoveryNeeded with every sign at once. */
export async function refuseSetBack(ground: Standing): Promise<void> {
  const reasons = await signsOfSetBack(ground);
  if (reasons.length > 0) throw new PkiError('recoveryNeeded', { reasons, command: 'kakuin recover' });
}

/**
 * Each in words; none where the home is as new as everything that it can be held to: the mark of a restore, the second
 * place of the audit checkpoints, the CRLs that are out, the CRL and the checkpoint in the database. Only what the CA's own
 * keys signed counts.
 */
export async function signsOfSetBack({ ca, settings }: Standing): Promise<readonly string[]> {
  const mark = restoredMarkIn(join(settings.home, 'ca'));
  const restored = mark === undefined ? [] : [`a backup of ${timeText(mark.backupAt)} was put back`];
  const lists = await Promise.all(allOf(ca).map(one => aheadOfLog(one, settings)));
  return [...restored, ...lists.flat(), ...(await aheadOfCheckpoint({ ca, settings }))];
}

/** CRLs with higher numbers than the signer log has. */
async function aheadOfLog(ca: Ca, settings: CaSettings): Promise<string[]> {
  const { crlNumber } = ca.home.signerLog.lastCrl();
  const out = publishedCrls(ca, settings).map(({ crl, file }) => ({ crl, where: file }));
  const mark = await ca.store.crls.newestFullMark(ca.id);
  const row = mark !== undefined && mark.crlNumber > crlNumber ? await ca.store.crls.newest(ca.id) : undefined;
  const recorded = row === undefined ? undefined : ownCrl(ca, row.crl);
  const all = [...out, ...(recorded === undefined ? [] : [{ crl: recorded, where: 'the database' }])];
  return all
    .filter(({ crl }) => crl.crlNumber > BigInt(crlNumber))
    .map(({ crl, where }) => `CRL ${crl.crlNumber} is in ${where}, and the signer log ends with ${crlNumber}`);
}

export interface FoundCrl {
  readonly crl: CertificateRevocationList;
  readonly file: string;
}

/** The complete CRL of an issuing CA in the publisher's folder of this home, where this account can read it. */
export function publishedCrls(ca: Ca, { home }: Pick<CaSettings, 'home'>): readonly FoundCrl[] {
  const folder = ca.urls.crl(0).split('/').slice(-3, -1);
  return ['0.crl', 'all.crl'].flatMap(name => {
    const file = join(home, 'crl', ...folder, name);
    const crl = ownCrl(ca, octetsIn(file));
    return crl === undefined ? [] : [{ crl, file }];
  });
}

/** Nothing where it is not a CRL that this CA signed. */
export function ownCrl(ca: Ca, der: Uint8Array | undefined): CertificateRevocationList | undefined {
  if (der === undefined || der.length === 0) return undefined;
  try {
    const crl = readAnyCrl(der);
    return verifyCrl(crl, ca.issuer.certificate.subjectPublicKeyInfo) ? crl : undefined;
  } catch (error) {
    refusalOf(error);
    return undefined;
  }
}

async function aheadOfCheckpoint({ ca, settings }: Standing): Promise<string[]> {
  const files = openCheckpointFiles(join(settings.home, 'ca', 'audit'));
  const key = keyOf(files);
  const own = key === undefined ? 0 : sizeOf(files.newest(), key);
  const copy = settings.auditCopy === undefined ? undefined : openCheckpointFiles(settings.auditCopy);
  const published = await ca.store.audit.published();
  const others = [
    { where: settings.auditCopy ?? '', size: copy === undefined ? 0 : sizeIn(copy, key) },
    { where: 'the database', size: key === undefined ? 0 : sizeOf(published?.note, key) },
  ];
  return others
    .filter(({ size }) => size > own)
    .map(({ where, size }) => `${where} has an audit checkpoint of ${size} events, and the home one of ${own}`);
}

/** Of the second place: by the home's key, or its own where the home has none any more. */
function sizeIn(copy: CheckpointFiles, key: NoteKey | undefined): number {
  const known = key ?? keyOf(copy);
  return known === undefined ? 0 : sizeOf(copy.newest(), known);
}

/** 0 for a note that the key did not sign. */
function sizeOf(note: string | undefined, key: NoteKey): number {
  try {
    return note === undefined ? 0 : readCheckpoint(note, key).size;
  } catch (error) {
    refusalOf(error);
    return 0;
  }
}

function octetsIn(file: string): Uint8Array | undefined {
  try {
    return existsSync(file) ? new Uint8Array(readFileSync(file)) : undefined;
  } catch {
    return undefined;
  }
}

const timeText = (at: number): string => new Date(at * 1000).toISOString().replace('.000', '');
