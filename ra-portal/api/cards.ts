/** JCANパス cards: prepared and bound by stations, proved by whoever holds them. */
import { bindCard } from '../passes/bind-card.ts';
import { endCard } from '../passes/end-card.ts';
import { knownCard } from '../passes/known-card.ts';
import { openPasses } from '../passes/open-passes.ts';
import { beginPreparing, confirmPrepared } from '../passes/prepare-card.ts';
import { challengeCard } from '../passes/prove-card.ts';
import { rewrap } from '../passes/rewrap.ts';
import { foldMailbox } from '../people/accounts.ts';
import { findCards, type CardRecord } from '../store/cards.ts';
import * as schemas from './card-schemas.ts';
import { json, operation } from './operation.ts';
import { isoTime, isoTimeOrNull } from './times.ts';

const path = '/api/v1/cards';

const show = (card: CardRecord): object => {
  const { idm, fcfId, state, keyId, publicKey, holder, end } = card;
  const ended = end === null ? null : { at: isoTime(end.at), decision: end.decision };
  const times = { preparedAt: isoTime(card.preparedAt), boundAt: isoTimeOrNull(card.boundAt), ended };
  return { idm, fcfId, state, keyId, publicKey, holder, ...times };
};

const idmIn = ({ parameters }: { readonly parameters: Readonly<Record<string, string>> }): string =>
  parameters['idm'] ?? '';

const stationOperations = [
  operation({
    id: 'listCards',
    method: 'GET',
    path,
    summary: 'Cards by number, holder or state, those prepared last first',
    scope: 'cards:write',
    query: schemas.cardsQuery,
    answers: { 200: schemas.cardList },
    refusals: [],
    run: async ({ parts, person, query: { mailbox, ...query } }) => {
      const folded = mailbox === undefined ? undefined : foldMailbox(mailbox);
      const question = { ...query, mailbox: folded, corporateNumber: person.organisation };
      return json(200, { cards: (await findCards(parts.database, question)).map(show) });
    },
  }),
  operation({
    id: 'getCard',
    method: 'GET',
    path: `${path}/:idm`,
    summary: 'One card',
    scope: 'cards:write',
    answers: { 200: schemas.card },
    refusals: ['cardUnknown'],
    run: async call => json(200, show(await knownCard(call.parts, call.person, idmIn(call)))),
  }),
  operation({
    id: 'beginCard',
    method: 'POST',
    path,
    summary: 'Say what a card will hold, before it is written',
    scope: 'cards:write',
    body: schemas.cardToBe,
    answers: { 201: schemas.card },
    refusals: ['cardKnown'],
    run: async ({ parts, person, body }) => json(201, show(await beginPreparing(parts, person, body))),
  }),
  operation({
    id: 'confirmCard',
    method: 'POST',
    path: `${path}/:idm/confirmation`,
    summary: 'Say that it was written and read back',
    scope: 'cards:write',
    body: schemas.confirmation,
    answers: { 200: schemas.card },
    refusals: ['cardUnknown', 'cardState'],
    run: async call =>
      json(200, show(await confirmPrepared(call.parts, call.person, { idm: idmIn(call), ...call.body }))),
  }),
  operation({
    id: 'bindCard',
    method: 'POST',
    path: `${path}/:idm/binding`,
    summary: 'Give a prepared card to a person',
    scope: 'cards:write',
    body: schemas.binding,
    answers: { 200: schemas.card },
    refusals: ['cardUnknown', 'cardState', 'cardUnproven'],
    run: async call => {
      const { touch, ...holder } = call.body;
      return json(200, show(await bindCard(call.parts, call.person, { idm: idmIn(call), holder, touch })));
    },
  }),
  operation({
    id: 'endCard',
    method: 'POST',
    path: `${path}/:idm/end`,
    summary: 'A card is lost, broken or given back',
    description: 'No PKCS#12 of it opens any more. Its certificates are revoked unless an officer keeps them.',
    scope: 'cards:write',
    body: schemas.ending,
    answers: { 200: schemas.endedCard },
    refusals: ['cardUnknown', 'cardState', 'reasonNotAllowed'],
    run: async call => {
      const { card, revoked } = await endCard(call.parts, call.person, { idm: idmIn(call), ...call.body });
      return json(200, { card: show(card), revoked });
    },
  }),
];

/** The card itself opens these: who asks is nobody until it is proved. */
const holderOperations = [
  operation({
    id: 'challengeCard',
    method: 'POST',
    path: `${path}/:idm/challenges`,
    summary: 'Ask for a nonce that the card answers once',
    scope: null,
    body: schemas.challengeWish,
    answers: { 201: schemas.challenge },
    refusals: [],
    run: async call => {
      const { nonce, expiresAt } = await challengeCard(call.parts, { idm: idmIn(call), ...call.body });
      return json(201, { nonce, expiresAt: isoTime(expiresAt) });
    },
  }),
  operation({
    id: 'openPasses',
    method: 'POST',
    path: `${path}/:idm/passes`,
    summary: 'Certificates, waiting keys and password shares of a proved card',
    scope: null,
    body: schemas.proofGiven,
    answers: { 200: schemas.openedPasses },
    refusals: ['cardUnproven', 'cardState'],
    run: async call => json(200, { passes: await openPasses(call.parts, idmIn(call), call.body) }),
  }),
  operation({
    id: 'rewrapPass',
    method: 'POST',
    path: `${path}/:idm/rewraps`,
    summary: 'Put a certificate whose key the subscriber opened on another card',
    scope: null,
    body: schemas.rewrapping,
    answers: { 200: schemas.rewrapped },
    refusals: ['cardUnproven', 'cardState', 'certificateUnknown', 'certificateRevoked'],
    run: async call => {
      const { serialNumber, signature, ...proof } = call.body;
      return json(200, { caseId: await rewrap(call.parts, { idm: idmIn(call), proof, serialNumber, signature }) });
    },
  }),
];

export const cardOperations = [...stationOperations, ...holderOperations];
