/** What the portal keeps of cards in secret: under its own key, each in its own place. */
import type { PortalParts } from '../parts.ts';

export interface CardPlace {
  readonly idm: string;
  /** `proof-key`, or `share` and the pass's id. */
  readonly what: string;
}

type Ground = Pick<PortalParts, 'uploadSeal'>;

/** Hex in, base64 out. */
export function sealHex({ uploadSeal }: Ground, hex: string, { idm, what }: CardPlace): string {
  return uploadSeal.close(Buffer.from(hex, 'hex'), { owner: `card:${idm}`, id: what }).toString('base64');
}

/** Throws storeUnavailable for what was changed or belongs elsewhere. */
export function openHex({ uploadSeal }: Ground, sealed: string, { idm, what }: CardPlace): string {
  return uploadSeal.open(Buffer.from(sealed, 'base64'), { owner: `card:${idm}`, id: what }).toString('hex');
}
