/** Cards that nobody has yet are the business of the desk that prepared them; a card that answers lies there, whose ever. */
import type { Test } from 'supertest';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aCard, prepare, proofOf, toBegin } from './support/a-card.ts';
import { aPerson } from './support/a-person.ts';
import { aPortal, type APortal } from './support/a-portal.ts';
import { aProgram, type AProgram } from './support/a-program.ts';
import { person } from './support/an-application.ts';

let world: APortal;
let desk: AProgram;
let colleague: AProgram;
let stranger: AProgram;
let officer: AProgram;
const foreign = '1000000000000';
beforeAll(async () => {
  world = await aPortal();
  const [one] = await world.officers();
  officer = await aProgram(world, { kind: 'officer', subject: one.memberId });
  desk = await programAt(person.corporateNumber, 'one');
  colleague = await programAt(person.corporateNumber, 'two');
  stranger = await programAt(foreign, 'three');
});
afterAll(() => world.end());

async function programAt(organisation: string, name: string): Promise<AProgram> {
  const { id } = await aPerson(world, { role: 'lra', organisation, mailbox: `${name}@operator.example` });
  return aProgram(world, { kind: 'person', subject: id });
}

const holderIn = (corporateNumber: string) => ({ mailbox: person.mailbox, name: person.kanjiName, corporateNumber });
/** The problem's status and code. */
const refusal = async (asked: Test): Promise<string> => {
  const { status, body } = (await asked) as { status: number; body: unknown };
  return `${status} ${(body as { code?: string }).code ?? ''}`;
};
const listed = async (program: AProgram): Promise<readonly string[]> => {
  const answer = await program.get('/api/v1/cards?state=prepared').expect(200);
  return (answer.body as { cards: { idm: string }[] }).cards.map(({ idm }) => idm);
};

it('a prepared card is seen, ended and given out by its own desk and by officers, by no other desk', async () => {
  const [card, another] = [await aCard(), await aCard()];
  for (const one of [card, another]) await prepare(desk, one);
  const at = `/api/v1/cards/${card.idm}`;
  expect(await listed(stranger)).toEqual([]);
  expect(await refusal(stranger.get(at))).toBe('404 cardUnknown');
  for (const act of ['retire', 'lose', 'damage'])
    expect(await refusal(stranger.post(`${at}/end`, { act }))).toBe('404 cardUnknown');
  expect(await refusal(stranger.post(`${at}/binding`, holderIn(foreign)))).toBe('404 cardUnknown');
  expect(await refusal(stranger.post(`${at}/confirmation`, { keyId: card.secret.keyId }))).toBe('404 cardUnknown');
  for (const program of [desk, colleague, officer])
    expect([...(await listed(program))].sort()).toEqual([card.idm, another.idm].sort());
  await colleague.post(`${at}/binding`, holderIn(person.corporateNumber)).expect(200);
  await desk.post(`/api/v1/cards/${another.idm}/end`, { act: 'retire' }).expect(200);
});

it('the keys of a card in preparation are replaced by no other desk', async () => {
  const card = await aCard();
  await desk.post('/api/v1/cards', toBegin(card)).expect(201);
  const second = toBegin(await aCard(card.idm));
  expect(await refusal(stranger.post('/api/v1/cards', second))).toBe('409 cardKnown');
  await colleague.post('/api/v1/cards', toBegin(card)).expect(201);
  await desk.post(`/api/v1/cards/${card.idm}/confirmation`, { keyId: card.secret.keyId }).expect(200);
  await officer.post('/api/v1/cards', toBegin(await aCard())).expect(201);
});

it('a card from elsewhere is given out where it answers, and not where only its number is known', async () => {
  const card = await aCard();
  await prepare(officer, card);
  const path = `/api/v1/cards/${card.idm}/binding`;
  const holder = holderIn(foreign);
  expect(await refusal(stranger.post(path, holder))).toBe('404 cardUnknown');
  const copied = await proofOf(world.url, await aCard(card.idm), 'bind');
  expect(await refusal(stranger.post(path, { ...holder, touch: copied }))).toBe('403 cardUnproven');
  await stranger.post(path, { ...holder, touch: await proofOf(world.url, card, 'bind') }).expect(200);
  await stranger.get(`/api/v1/cards/${card.idm}`).expect(200);
  const own = { ...holderIn(person.corporateNumber), touch: await proofOf(world.url, card, 'bind') };
  expect(await refusal(desk.post(path, own))).toBe('404 cardUnknown');
});
