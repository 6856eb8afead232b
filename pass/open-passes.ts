/**
 * JCANパス for programs: a card on the reader becomes a PKCS#12 and its password. The card holds one part of the
 * password, the portal the other; neither alone opens anything, and both are forgotten when the program ends.
 */
import { encodePkcs12 } from '../ca-core/delivery/pkcs12.ts';
import { passPassword, pickUpSecretOfCard, type CardSecret } from '../ca-core/delivery/card-secret.ts';
import { openSealed } from '../ca-core/delivery/seal.ts';
import { PkiError } from '../ca-core/errors.ts';
import { toHex } from '../ca-core/x509/der.ts';
import { proofOf } from '../issuing-station/cards/bind-card.ts';
import type { Card } from '../issuing-station/cards/card.ts';
import type { Portal } from '../issuing-station/portal/client.ts';
import type { PassFolder } from './pass-folder.ts';

/** One certificate that the card opens. */
export interface Pass {
  readonly id: string;
  readonly serialNumber: string;
  /** DER. */
  readonly certificate: Uint8Array;
  /** Issuing CA, then root, DER. */
  readonly chain: readonly Uint8Array[];
  /** The PKCS#12; null where it lies on another machine. */
  readonly file: string | null;
  /** Opens the PKCS#12; kept nowhere. */
  readonly password: string;
  /** Whether the PKCS#12 was made just now. */
  readonly isNew: boolean;
}

export interface PassGround {
  readonly portal: Portal;
  readonly folder: PassFolder;
  /** What the holder adds to the password, if anything: the same every time. */
  readonly pin?: string | undefined;
}

/** As the portal hands it out to a proved card. */
interface HandedOut {
  readonly pass: string;
  readonly caseId: string;
  readonly serialNumber: string;
  readonly certificate: string;
  readonly chain: readonly string[];
  readonly share: string;
  readonly key: { readonly sealed: string; readonly caseDigest: string } | null;
}

/**
 * Proves the card, makes the PKCS#12 of each certificate whose key waits, and gives the passwords of all.
 * Throws passUnknown where there is none, cardUnproven, cardState {state}, cardSecretInvalid, cardGone.
 */
export async function openPasses(ground: PassGround, card: Card): Promise<readonly Pass[]> {
  const secret = await card.readSecret();
  // The key is handed out once: whether it can be kept is found out before.
  ground.folder.checkWritable();
  const asked = await proofOf(ground.portal, card, 'open');
  const answer = await ground.portal.post(`/api/v1/cards/${card.idm}/passes`, asked);
  const { passes } = answer as { readonly passes: readonly HandedOut[] };
  if (passes.length === 0) throw new PkiError('passUnknown');
  return Promise.all(passes.map(one => openPass(ground, { secret, nonce: asked.nonce }, one)));
}

interface Proved {
  readonly secret: CardSecret;
  readonly nonce: string;
}

async function openPass(ground: PassGround, { secret, nonce }: Proved, one: HandedOut): Promise<Pass> {
  const pickUpSecret = await pickUpSecretOfCard(secret);
  const share = await openSealed({
    secret: pickUpSecret,
    sealed: Buffer.from(one.share, 'hex'),
    caseId: one.pass,
    caseDigest: nonce,
  });
  const { pin, folder } = ground;
  const password = await passPassword({ secret: secret.secret, share: toHex(share), pass: one.pass, pin });
  const named = { id: one.pass, serialNumber: one.serialNumber, password };
  const certificate = Buffer.from(one.certificate, 'base64');
  const chain = one.chain.map(der => Buffer.from(der, 'base64'));
  if (one.key === null) return { ...named, certificate, chain, file: folder.find(one.pass), isNew: false };
  const privateKey = await openSealed({
    secret: pickUpSecret,
    sealed: Buffer.from(one.key.sealed, 'hex'),
    caseId: one.caseId,
    caseDigest: one.key.caseDigest,
  });
  const file = await wrap(folder, { ...named, certificate, chain, privateKey });
  return { ...named, certificate, chain, file, isNew: true };
}

export interface WrappedKey {
  readonly id: string;
  readonly serialNumber: string;
  readonly password: string;
  readonly certificate: Uint8Array;
  readonly chain: readonly Uint8Array[];
  /** PKCS#8, DER. */
  readonly privateKey: Uint8Array;
}

/** Writes the PKCS#12 and returns its path. */
export async function wrap(folder: PassFolder, key: WrappedKey): Promise<string> {
  const { id, serialNumber, password, certificate, chain, privateKey } = key;
  const content = { privateKey, certificate, chain, friendlyName: `JCAN Pass ${serialNumber}`, password };
  return folder.keep(id, await encodePkcs12(content));
}
