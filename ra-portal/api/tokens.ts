/** The inventory of USB tokens, as far as it lies at the station that asks. */
import { enterTokens } from '../tokens/enter-tokens.ts';
import { knownToken } from '../tokens/known-token.ts';
import type { Database } from '../store/database.ts';
import { openJobOf } from '../store/token-jobs.ts';
import { findUsbTokens, type UsbToken } from '../store/usb-tokens.ts';
import { json, operation } from './operation.ts';
import { isoTime } from './times.ts';
import * as schemas from './token-schemas.ts';

const path = '/api/v1/tokens';

const show = async (database: Database, token: UsbToken): Promise<object> => {
  const { serial, model, station, state, caseId, holder, changedAt } = token;
  const job = (await openJobOf(database, { serial }))?.id ?? null;
  const named = holder && { name: holder.name, organisationName: holder.organisationName };
  return { serial, model, station, state, job, caseId, holder: named, changedAt: isoTime(changedAt) };
};

const showAll = async (database: Database, tokens: readonly UsbToken[]): Promise<readonly object[]> => {
  const shown: object[] = [];
  for (const token of tokens) shown.push(await show(database, token));
  return shown;
};

export const tokenOperations = [
  operation({
    id: 'listTokens',
    method: 'GET',
    path,
    summary: 'USB tokens at this station, by serial number',
    scope: 'tokens:write',
    query: schemas.tokensQuery,
    answers: { 200: schemas.tokenList },
    refusals: [],
    run: async ({ parts: { database }, person, query }) => {
      const found = await findUsbTokens(database, { ...query, station: person.id }, { limit: 500 });
      return json(200, { tokens: await showAll(database, found) });
    },
  }),
  operation({
    id: 'enterTokens',
    method: 'POST',
    path,
    summary: 'Say which USB tokens lie here',
    description: 'What is known already stays as it is. All are entered, or none.',
    scope: 'tokens:write',
    body: schemas.tokensThere,
    answers: { 200: schemas.tokenList },
    refusals: ['tokenKnown'],
    run: async ({ parts, person, body }) => {
      const entered = await enterTokens(parts, person, body.tokens);
      return json(200, { tokens: await showAll(parts.database, entered) });
    },
  }),
  operation({
    id: 'getToken',
    method: 'GET',
    path: `${path}/:serial`,
    summary: 'One USB token',
    scope: 'tokens:write',
    answers: { 200: schemas.token },
    refusals: ['tokenUnknown'],
    run: async ({ parts: { database }, person, parameters }) =>
      json(200, await show(database, await knownToken(database, person, parameters['serial'] ?? ''))),
  }),
];
