/** What a proved card gets: its certificates, the private keys that wait sealed to it, and its shares of the passwords. */
import { randomBytes, randomUUID } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import { sealTo, stateAfter, type CertificateRow } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { foldMailbox } from '../people/accounts.ts';
import { chainOf } from '../pick-up/certificate-files.ts';
import { takeKey } from '../pick-up/take-key.ts';
import { findApplication } from '../store/applications.ts';
import { findCard, type CardRecord } from '../store/cards.ts';
import { addPass, casesSealedTo, noteTaken, passesOf, type PassRecord } from '../store/passes.ts';
import { noteCardEvent } from './known-card.ts';
import { checkProof, type CardProof, type ProofPurpose } from './prove-card.ts';
import { openHex, sealHex } from './seal-card.ts';

export interface OpenPass {
  /** The pass's id: the salt of its password. */
  readonly pass: string;
  readonly caseId: string;
  readonly serialNumber: string;
  /** DER, base64. */
  readonly certificate: string;
  /** Issuing CA, then root. */
  readonly chain: readonly string[];
  /** The server's share, sealed to the card for this one nonce: HPKE, hex. */
  readonly share: string;
  /** The private key as the CA core sealed it, handed out once and erased here; null where it was taken before. */
  readonly key: { readonly sealed: string; readonly caseDigest: string } | null;
}

/** None where nothing is issued yet. Throws cardUnproven (the same for a card that nobody knows), cardState {state}. */
export async function openPasses(parts: PortalParts, idm: string, proof: CardProof): Promise<readonly OpenPass[]> {
  const card = await provedCard(parts, idm, { ...proof, purpose: 'open' });
  const opened: OpenPass[] = [];
  for (const caseId of await casesOf(parts, card)) {
    const pass = await openPass(parts, card, { caseId, nonce: proof.nonce });
    if (pass !== null) opened.push(pass);
  }
  await noteCardEvent(parts, {
    action: 'proved',
    actor: 'subscriber',
    idm,
    details: { passes: String(opened.length) },
  });
  return opened;
}

/** A bound card that answered. Throws cardUnproven, cardState {state}. */
export async function provedCard(
  parts: PortalParts,
  idm: string,
  proof: CardProof & { readonly purpose: ProofPurpose },
): Promise<CardRecord & { readonly holder: NonNullable<CardRecord['holder']> }> {
  const card = await findCard(parts.database, idm);
  if (card === null) throw new PkiError('cardUnproven');
  await checkProof(parts, card, proof);
  const { holder } = card;
  if (card.state !== 'bound' || holder === null) throw new PkiError('cardState', { state: card.state });
  return { ...card, holder };
}

type BoundCard = Awaited<ReturnType<typeof provedCard>>;

/** Those whose keys are sealed to it, and those that were wrapped for it anew. */
async function casesOf({ database }: PortalParts, { idm, publicKey, holder }: BoundCard): Promise<readonly string[]> {
  const wrapped = (await passesOf(database, idm)).map(({ caseId }) => caseId);
  return [...new Set([...wrapped, ...(await casesSealedTo(database, publicKey, holder.corporateNumber))])];
}

interface WantedPass {
  readonly caseId: string;
  readonly nonce: string;
}

/** Null for what is somebody else's, not issued yet, revoked or on hold, or ended. */
async function openPass(parts: PortalParts, card: BoundCard, { caseId, nonce }: WantedPass): Promise<OpenPass | null> {
  const certificate = await goodCertificate(parts, card, caseId);
  if (certificate === null) return null;
  const pass = await passFor(parts, card, caseId);
  if (pass.share === null) return null;
  const share = openHex(parts, pass.share, placeOf(pass));
  const sealed = await sealTo({
    caseId: pass.id,
    caseDigest: nonce,
    publicKey: card.publicKey,
    plaintext: Buffer.from(share, 'hex'),
  });
  return {
    pass: pass.id,
    caseId,
    serialNumber: certificate.serialNumber,
    certificate: Buffer.from(certificate.certificate).toString('base64'),
    chain: (await chainOf(parts.ca, certificate.issuer)).map(der => Buffer.from(der).toString('base64')),
    share: Buffer.from(sealed).toString('hex'),
    key: await waitingKey(parts, card, pass),
  };
}

async function goodCertificate(parts: PortalParts, card: BoundCard, caseId: string): Promise<CertificateRow | null> {
  const application = await findApplication(parts.database, caseId);
  if (application === null || foldMailbox(application.claim.mailbox) !== card.holder.mailbox) return null;
  const certificate = await parts.ca.certificates.ofCase(caseId);
  if (certificate === undefined) return null;
  const status = await parts.ca.status.of(certificate.issuer, certificate.serialNumber);
  return status?.status === 'revoked' ? null : certificate;
}

/** With a share drawn when the pass is first asked for. */
async function passFor(parts: PortalParts, card: CardRecord, caseId: string): Promise<PassRecord> {
  const known = (await passesOf(parts.database, card.idm)).find(pass => pass.caseId === caseId);
  return known ?? makePass(parts, card, caseId);
}

export async function makePass(parts: PortalParts, { idm }: CardRecord, caseId: string): Promise<PassRecord> {
  const id = randomUUID();
  const share = sealHex(parts, randomBytes(32).toString('hex'), placeOf({ id, idm }));
  const pass: PassRecord = { id, idm, caseId, state: 'ready', share, madeAt: parts.clock.now() };
  await addPass(parts.database, pass);
  return pass;
}

const placeOf = ({ id, idm }: Pick<PassRecord, 'id' | 'idm'>) => ({ idm, what: `share:${id}` });

async function waitingKey(parts: PortalParts, card: CardRecord, pass: PassRecord): Promise<OpenPass['key']> {
  const { caseId } = pass;
  const application = await findApplication(parts.database, caseId);
  const isOurs = application?.subjectKey.from === 'server' && application.subjectKey.sealTo === card.publicKey;
  const delivery = await parts.ca.deliveries.state(caseId);
  if (!isOurs || delivery?.sealed !== true) return null;
  const { sealedKey: sealed, caseDigest } = await takeKey(parts, caseId);
  const next = stateAfter(parts.policies.cards.pass, 'take', pass.state);
  if (next !== null) await noteTaken(parts.database, pass.id);
  return { sealed, caseDigest };
}
