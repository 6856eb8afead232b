/** What a card and the programs beside it do, without a reader: the secret in memory. */
import { randomBytes } from 'node:crypto';
import request from 'supertest';
import {
  drawCardSecret,
  pickUpSecretOfCard,
  proofKeyOfCard,
  proveCard,
  type CardSecret,
} from '../../../ca-core/delivery/card-secret.ts';
import { pickUpPublicKey } from '../../../ca-core/delivery/seal.ts';
import type { AProgram } from './a-program.ts';

export interface ACard {
  readonly idm: string;
  readonly fcfId: string;
  readonly secret: CardSecret;
  readonly publicKey: string;
  readonly proofKey: string;
}

export async function aCard(idm = randomBytes(8).toString('hex')): Promise<ACard> {
  const secret = drawCardSecret();
  const publicKey = await pickUpPublicKey(await pickUpSecretOfCard(secret));
  return { idm, fcfId: `F${idm.slice(0, 8)}`, secret, publicKey, proofKey: await proofKeyOfCard(secret) };
}

export const toBegin = ({ idm, fcfId, secret, publicKey, proofKey }: ACard): object => ({
  ...{ idm, fcfId, publicKey, proofKey },
  keyId: secret.keyId,
});

export async function prepare(station: AProgram, card: ACard): Promise<void> {
  await station.post('/api/v1/cards', toBegin(card)).expect(201);
  await station.post(`/api/v1/cards/${card.idm}/confirmation`, { keyId: card.secret.keyId }).expect(200);
}

export interface Proof {
  readonly nonce: string;
  readonly proof: string;
}

/** What the card answers to a nonce of the portal's. */
export async function proofOf(url: string, { idm, proofKey }: ACard, purpose: string): Promise<Proof> {
  const { nonce } = (await post(url, `/api/v1/cards/${idm}/challenges`, { purpose }).expect(201)).body as Proof;
  return { nonce, proof: await proveCard(proofKey, { idm, purpose, nonce }) };
}

/** As somebody who brings nothing but a body. */
export const post = (url: string, path: string, body: object): request.Test =>
  request(url)
    .post(path)
    .set({ Accept: 'application/json', 'Idempotency-Key': randomBytes(12).toString('hex') })
    .send(body);
