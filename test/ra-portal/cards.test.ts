/** JCANパス cards at the portal: prepared, bound, proved, lost, and what a copied IDm is worth. */
import { createPrivateKey, sign } from 'node:crypto';
import type { Test } from 'supertest';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pickUpSecretOfCard, proveCard } from '../../ca-core/delivery/card-secret.ts';
import { openSealed } from '../../ca-core/delivery/seal.ts';
import type { OpenPass } from '../../ra-portal/passes/open-passes.ts';
import { rewrapMessage } from '../../ra-portal/passes/rewrap.ts';
import { aCard, post, prepare, proofOf, toBegin, type ACard } from './support/a-card.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { aProgram, type AProgram } from './support/a-program.ts';
import { apply, person, proveMailbox, review } from './support/an-application.ts';

let world: APortal;
let officers: readonly [PortalOfficer, PortalOfficer];
let station: AProgram;
beforeAll(async () => {
  world = await aPortal();
  officers = await world.officers();
  await officers[0].signIn();
  station = await aProgram(world, { kind: 'officer', subject: officers[0].memberId });
});
afterAll(() => world.end());

const holder = { mailbox: person.mailbox, name: person.kanjiName, corporateNumber: person.corporateNumber };
const bind = (card: ACard, body: object = holder) => station.post(`/api/v1/cards/${card.idm}/binding`, body);
/** The problem's status and code. */
const refusal = async (asked: Test): Promise<string> => {
  const { status, body } = (await asked) as { status: number; body: unknown };
  return `${status} ${(body as { code?: string }).code ?? ''}`;
};

async function issuedTo(card: ACard): Promise<string> {
  const applied = await apply(world, { sealTo: card.publicKey });
  await proveMailbox(world, applied);
  const digest = await review(world, officers[0], applied.caseId);
  for (const officer of officers) await officer.approve(digest);
  await world.work();
  return applied.caseId;
}

async function open(card: ACard): Promise<readonly OpenPass[]> {
  const path = `/api/v1/cards/${card.idm}/passes`;
  const answer = await post(world.url, path, await proofOf(world.url, card, 'open')).expect(200);
  return (answer.body as { passes: OpenPass[] }).passes;
}

const tryToOpen = async (card: ACard): Promise<string> =>
  refusal(post(world.url, `/api/v1/cards/${card.idm}/passes`, await proofOf(world.url, card, 'open')));

/** PKCS#8, DER. */
async function keyIn(card: ACard, { key, caseId }: OpenPass): Promise<Buffer> {
  const secret = await pickUpSecretOfCard(card.secret);
  const sealed = Buffer.from(key?.sealed ?? '', 'hex');
  return Buffer.from(await openSealed({ secret, sealed, caseId, caseDigest: key?.caseDigest ?? '' }));
}

it('a card is prepared before any certificate exists, bound, and then opens what is sealed to it', async () => {
  const card = await aCard();
  await prepare(station, card);
  expect((await station.get(`/api/v1/cards?fcfId=${card.fcfId}`)).body).toMatchObject({
    cards: [{ idm: card.idm, state: 'prepared', holder: null, publicKey: card.publicKey }],
  });
  await bind(card).expect(200);
  expect(await open(card)).toEqual([]);
  const caseId = await issuedTo(card);
  const [pass] = await open(card);
  if (pass === undefined) throw new Error('there is no pass');
  expect(pass).toMatchObject({ caseId, chain: [expect.any(String), expect.any(String)] });
  expect(createPrivateKey({ key: await keyIn(card, pass), format: 'der', type: 'pkcs8' }).asymmetricKeyType).toBe('ec');
  // Taken is erased; the share stays the same, sealed anew.
  const [again] = await open(card);
  expect(again).toMatchObject({ pass: pass.pass, key: null });
  expect(again?.share).not.toBe(pass.share);
  expect((await world.store.deliveries.state(caseId))?.sealed).toBe(false);
});

it('keeps its secret when the certificate is renewed: each has a pass and a share of its own', async () => {
  const card = await aCard();
  await prepare(station, card);
  await bind(card).expect(200);
  const former = await issuedTo(card);
  const renewed = await issuedTo(card);
  const passes = await open(card);
  expect(passes.map(({ caseId }) => caseId).sort()).toEqual([former, renewed].sort());
  expect(new Set(passes.map(({ share }) => share)).size).toBe(2);
  const [one = Buffer.alloc(0), other = Buffer.alloc(0)] = await Promise.all(passes.map(pass => keyIn(card, pass)));
  expect(one.equals(other)).toBe(false);
});

it('is not handed out twice, and not overwritten', async () => {
  const card = await aCard();
  await station.post('/api/v1/cards', toBegin(card)).expect(201);
  // Interrupted: another secret is announced for the same card, and the first is void.
  const second = await aCard(card.idm);
  await station.post('/api/v1/cards', toBegin(second)).expect(201);
  expect(await refusal(station.post(`/api/v1/cards/${card.idm}/confirmation`, { keyId: card.secret.keyId }))).toBe(
    '409 cardState',
  );
  expect(await refusal(bind(second))).toBe('409 cardState');
  await station.post(`/api/v1/cards/${card.idm}/confirmation`, { keyId: second.secret.keyId }).expect(200);
  expect(await refusal(station.post('/api/v1/cards', toBegin(card)))).toBe('409 cardKnown');
  await bind(second).expect(200);
  expect(await refusal(bind(second))).toBe('409 cardState');
});

it('by touch is bound only where it answers the nonce', async () => {
  const card = await aCard();
  await prepare(station, card);
  const other = await aCard(card.idm);
  const wrong = await proofOf(world.url, other, 'bind');
  expect(await refusal(bind(card, { ...holder, touch: wrong }))).toBe('403 cardUnproven');
  await bind(card, { ...holder, touch: await proofOf(world.url, card, 'bind') }).expect(200);
});

it('a copied IDm, an old, a used or a borrowed nonce prove nothing, and an unknown card is told nothing else', async () => {
  const card = await aCard();
  await prepare(station, card);
  await bind(card).expect(200);
  const path = `/api/v1/cards/${card.idm}/passes`;
  const refused = (body: object, at = path) => refusal(post(world.url, at, body));
  expect(await refused(await proofOf(world.url, await aCard(card.idm), 'open'))).toBe('403 cardUnproven');
  const used = await proofOf(world.url, card, 'open');
  await post(world.url, path, used).expect(200);
  expect(await refused(used)).toBe('403 cardUnproven');
  expect(await refused(await proofOf(world.url, card, 'bind'))).toBe('403 cardUnproven');
  const borrowed = await proofOf(world.url, await aCard(), 'open');
  const proof = await proveCard(card.proofKey, { idm: card.idm, purpose: 'open', nonce: borrowed.nonce });
  expect(await refused({ nonce: borrowed.nonce, proof })).toBe('403 cardUnproven');
  const old = await proofOf(world.url, card, 'open');
  world.clock.pass(61);
  expect(await refused(old)).toBe('403 cardUnproven');
  const stranger = await aCard();
  expect(await refused(await proofOf(world.url, stranger, 'open'), `/api/v1/cards/${stranger.idm}/passes`)).toBe(
    '403 cardUnproven',
  );
});

it('somebody else’s card gets nothing, though the application names its key', async () => {
  const card = await aCard();
  await prepare(station, card);
  await bind(card, { ...holder, mailbox: 'hanako@kakuu-kakuin.example' }).expect(200);
  await issuedTo(card);
  expect(await open(card)).toEqual([]);
});

it('lost: the share is gone, the certificate revoked; a new card gets it only from an opened PKCS#12', async () => {
  const [card, kept, next] = await Promise.all([aCard(), aCard(), aCard()]);
  for (const one of [card, kept, next]) {
    await prepare(station, one);
    await bind(one).expect(200);
  }
  const caseId = await issuedTo(card);
  await open(card);
  const lost = await station.post(`/api/v1/cards/${card.idm}/end`, { act: 'lose' }).expect(200);
  expect(lost.body).toMatchObject({ card: { state: 'lost', ended: { decision: 'revoke' } }, revoked: [caseId] });
  expect(await tryToOpen(card)).toBe('409 cardState');
  expect(await world.database('passes').where({ idm: card.idm }).pluck<(string | null)[]>('share')).toEqual([null]);
  await world.work();
  const serialOf = async (id: string) => (await world.store.certificates.ofCase(id))?.serialNumber ?? '';
  expect(
    await world.store.status.of((await world.store.issuers.active())?.id ?? '', await serialOf(caseId)),
  ).toMatchObject({
    status: 'revoked',
    reason: 'keyCompromise',
  });

  const second = await issuedTo(kept);
  const [pass] = await open(kept);
  if (pass === undefined) throw new Error('there is no pass');
  const key = createPrivateKey({ key: await keyIn(kept, pass), format: 'der', type: 'pkcs8' });
  const keep = { act: 'damage', decision: 'keep', note: 'broken in two, handed in' };
  expect((await station.post(`/api/v1/cards/${kept.idm}/end`, keep).expect(200)).body).toMatchObject({ revoked: [] });
  const serialNumber = await serialOf(second);
  const path = `/api/v1/cards/${next.idm}/rewraps`;
  const rewrap = async (by: typeof key) => {
    const proof = await proofOf(world.url, next, 'rewrap');
    const message = rewrapMessage({ idm: next.idm, serialNumber, nonce: proof.nonce });
    const signature = sign('sha256', message, by).toString('hex');
    return post(world.url, path, { ...proof, serialNumber, signature }).then(({ status }) => status);
  };
  const foreign = createPrivateKey({ key: await foreignKey(), format: 'der', type: 'pkcs8' });
  expect(await rewrap(foreign)).toBe(403);
  expect(await rewrap(key)).toBe(200);
  expect(await open(next)).toMatchObject([{ caseId: second, serialNumber, key: null }]);
});

it('what a card holds in secret lies nowhere in the portal in clear', async () => {
  const card = await aCard();
  await prepare(station, card);
  await bind(card).expect(200);
  await issuedTo(card);
  await open(card);
  const rows = await Promise.all(
    ['cards', 'passes', 'card_nonces', 'api_answers', 'audit_outbox', 'letters'].map(table =>
      world.database(table).then(
        found => JSON.stringify(found),
        () => '',
      ),
    ),
  );
  const text = rows.join('\n');
  expect(text).toContain(card.idm);
  const secrets = [Buffer.from(card.secret.secret), Buffer.from(card.proofKey, 'hex')];
  for (const one of secrets) {
    for (const form of [one.toString('hex'), one.toString('base64').slice(0, -4)]) expect(text).not.toContain(form);
  }
});

async function foreignKey(): Promise<Buffer> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
  return Buffer.from(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
}
