/** Work of every kind for a CA core that will be interrupted, and what has to have become of it in the end. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RevocationDocument, SubjectKey } from '../../ca-core/approvals/documents.ts';
import { drawPickUpSecret, openSealed, pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import { anchoredRoll } from '../../ca-core/follow-roll.ts';
import type { CaSettings } from '../../ca-core/settings.ts';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import { readCrl } from '../../ca-core/x509/crl.ts';
import { toHex, type Der } from '../../ca-core/x509/der.ts';
import type { ACa } from './a-ca.ts';
import type { Officer } from './an-officer.ts';
import { anAttestedCase, anAttestedList, insertListed } from './attested-list.ts';
import { requestSigner } from './by-hand.ts';
import { ecKey } from './certificates.ts';
import { certificateInContainer, containerOf } from './containers.ts';

/** The same CA with no pause between two CRLs, so that many fit into a test. */
export function hasty(settings: CaSettings): CaSettings {
  const policies = join(settings.home, 'policies');
  cpSync(settings.policies, policies, { recursive: true });
  const schedule = join(policies, 'schedule.yaml');
  writeFileSync(schedule, readFileSync(schedule, 'utf8').replace('minInterval: 5 seconds', 'minInterval: 0 seconds'));
  return { ...settings, policies };
}

/** Throws an AssertionError where what was placed has not come to its end. */
export type Expectation = () => Promise<void>;

/** An approved case whose key the CA core makes. */
export async function placeWithServerKey(platform: ACa): Promise<Expectation> {
  const secret = drawPickUpSecret();
  const sealTo = await pickUpPublicKey(secret);
  const document = platform.aCase({ subjectKey: { from: 'server', algorithm: 'p-256', sealTo } });
  const caseDigest = await platform.approve(document);
  const { caseId } = document;
  return async () => {
    const certificate = await issuedTo(platform, caseId);
    const sealed = await platform.store.deliveries.take(caseId, platform.clock.now());
    const pkcs8 = await openSealed({ secret, caseId, caseDigest, sealed });
    const key = createPublicKey(createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' }));
    const spki = key.export({ format: 'der', type: 'spki' });
    expect(toHex(readCertificate(certificate).subjectPublicKeyInfo)).toBe(spki.toString('hex'));
  };
}

/** A row of an attested list whose key leaves in a PKCS#12. */
export async function placeInContainer(platform: ACa, lra: Officer): Promise<Expectation> {
  const secret = drawPickUpSecret();
  const sealTo = await pickUpPublicKey(secret);
  const subjectKey = { from: 'server', algorithm: 'p-256', sealTo, container: 'pkcs12' } as const;
  const document = anAttestedCase(platform, lra, { subjectKey });
  const caseId = await insertListed(platform, anAttestedList(platform, lra, [document]), 0);
  return async () => {
    const certificate = await issuedTo(platform, caseId);
    expect(certificateInContainer(await containerOf(platform, { document, secret }))).toBe(toHex(certificate));
  };
}

/** An approved case with a key of the applicant's own; under the active CA unless another is named. */
export async function placeWithRequest(
  platform: ACa,
  subjectKey: SubjectKey,
  ca: string = platform.ca,
): Promise<Expectation> {
  const document = platform.aCase({ subjectKey, ca });
  await platform.approve(document);
  return async () => {
    await issuedTo(platform, document.caseId);
    expect((await platform.store.certificates.ofCase(document.caseId))?.issuer).toBe(ca);
  };
}

async function issuedTo({ store }: ACa, caseId: string): Promise<Der> {
  expect(await store.orders.ofCase(caseId)).toEqual({ state: 'issued', refusal: null });
  const row = await store.certificates.ofCase(caseId);
  if (row === undefined) throw new Error(`case ${caseId} has no certificate`);
  return row.certificate;
}

/** A case that both officers signed with the wrong passkeys. */
export async function placeRefused(platform: ACa, subjectKey: SubjectKey): Promise<Expectation> {
  const document = platform.aCase({ subjectKey });
  const at = platform.clock.now();
  const digest = await platform.store.documents.put(document, at);
  for (const officer of platform.officers) {
    await platform.store.approvals.record({ digest, at, ...officer.approveWithSignIn(document) });
  }
  return async () => {
    expect(await platform.store.orders.ofCase(document.caseId)).toMatchObject({ state: 'refused' });
  };
}

export function revocationOf(platform: ACa, serialNumber: string): RevocationDocument {
  const common = { kind: 'revocation', version: 1, ca: platform.ca, invalidityDate: null } as const;
  return { ...common, serialNumber, reason: 'keyCompromise', requestedAt: platform.clock.now() };
}

export async function placeRevocation(platform: ACa, serialNumber: string): Promise<Expectation> {
  await platform.approve(revocationOf(platform, serialNumber), [platform.officers[0]]);
  return () => expectRevoked(platform, serialNumber);
}

/** In the database, applied, and on the newest CRL. */
async function expectRevoked({ store, ca }: ACa, serialNumber: string): Promise<void> {
  expect(await store.status.of(ca, serialNumber)).toMatchObject({ status: 'revoked', reason: 'keyCompromise' });
  expect((await store.revocations.of(ca, serialNumber)).map(order => order.state)).toEqual(['applied']);
  const crl = await store.crls.newest(ca);
  const listed = [...readCrl(crl?.crl ?? new Uint8Array()).entries].map(entry => entry.serialNumber);
  expect(listed).toContain(serialNumber);
}

/** For a certificate that this CA never issued. */
export async function placeRefusedRevocation(platform: ACa): Promise<Expectation> {
  const serialNumber = Buffer.from(String(Math.random())).toString('hex').slice(0, 32);
  await platform.approve(revocationOf(platform, serialNumber), [platform.officers[0]]);
  return async () => {
    const orders = await platform.store.revocations.of(platform.ca, serialNumber);
    expect(orders.map(order => order.state)).toEqual(['refused']);
  };
}

/** Takes away what the database tells of a certificate that was revoked: it has to be put back. */
export async function placeVanishedStatus(platform: ACa, serialNumber: string): Promise<Expectation> {
  await platform.database('status_changes').where({ serial_number: serialNumber, change: 'revoked' }).delete();
  return () => expectRevoked(platform, serialNumber);
}

/** The responder's wishes for a successor of its key, each signed by the key before. */
export function responderOf(platform: ACa) {
  let own = platform.responder;
  let sequence = 1;
  const expectState = async (id: string, state: string): Promise<void> => {
    expect((await platform.store.signers.find(id))?.state).toBe(state);
  };
  return {
    place: async (): Promise<Expectation> => {
      const next = ecKey();
      const plan = { publicKey: next.spki, previous: own.spki, signedBy: own.privateKey, sequence: ++sequence };
      const id = await requestSigner(platform, plan);
      own = next;
      return () => expectState(id, 'issued');
    },
    placeRefused: async (): Promise<Expectation> => {
      const thief = ecKey();
      const plan = { publicKey: thief.spki, previous: thief.spki, signedBy: thief.privateKey, sequence: ++sequence };
      const id = await requestSigner(platform, plan);
      return () => expectState(id, 'refused');
    },
  };
}

/** The same members on the roll's next number. */
export async function placeRoll(platform: ACa): Promise<Expectation> {
  const { anchors } = platform.console;
  const current = anchoredRoll(anchors);
  if (current === undefined) throw new Error('no roll');
  const number = current.roll.number + 1;
  const digest = await platform.approve({ ...current.roll, number, previous: current.digest });
  return () => {
    expect(anchoredRoll(anchors)?.digest).toBe(digest);
    return Promise.resolve();
  };
}
