/** policies/tokens.yaml: the states of USB tokens, and which tables are not read at all. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { stateAfter } from '../../ca-core/profiles/state-table.ts';
import {
  reasonsOfAct,
  tokenActs,
  tokenPolicy,
  tokenStates,
  type TokenPolicy,
} from '../../ca-core/profiles/token-policy.ts';
import { projectRoot } from '../../ca-core/project-root.ts';

const shipped = (): TokenPolicy =>
  tokenPolicy.parse(parse(readFileSync(join(projectRoot, 'policies', 'tokens.yaml'), 'utf8')));

type Row = TokenPolicy['token'][number];
const changed = (act: Row['act'], change: Partial<Row>): unknown => ({
  token: shipped().token.map(row => (row.act === act ? { ...row, ...change } : row)),
});
const mistakesOf = (value: unknown): readonly string[] =>
  tokenPolicy.safeParse(value).error?.issues.map(({ message }) => message) ?? [];

describe('the table of tokens', () => {
  it('lets every state be reached and left, and nothing come back from lost but by way of its end', () => {
    const { token } = shipped();
    for (const state of tokenStates.slice(1))
      expect(
        token.some(({ to }) => to === state),
        state,
      ).toBe(true);
    for (const state of tokenStates)
      expect(
        token.some(({ from }) => from.includes(state)),
        state,
      ).toBe(true);
    const fromLost = tokenActs.map(act => stateAfter(token, act, 'lost')).filter(state => state !== null);
    expect(fromLost).toEqual(['terminated']);
  });

  it('says what each act tells relying parties', () => {
    expect(Object.fromEntries(tokenActs.map(act => [act, reasonsOfAct(shipped(), act)]))).toEqual({
      format: [],
      activate: [],
      suspend: ['certificateHold'],
      release: [],
      damage: ['superseded', 'cessationOfOperation'],
      lose: ['keyCompromise'],
      terminate: ['cessationOfOperation', 'affiliationChanged'],
      clear: [],
    });
  });

  it.each<[string, unknown]>([
    ['certificateHold is for what is suspended', changed('damage', { certificate: ['certificateHold'] })],
    ['certificateHold is for what is suspended', changed('suspend', { certificate: ['superseded'] })],
    ['from suspended to active leads release', changed('release', { certificate: 'none' })],
    ['a token that leaves use must have its certificate revoked', changed('terminate', { certificate: 'none' })],
    ['what is lost is revoked for keyCompromise', changed('lose', { certificate: ['superseded'] })],
    ['every act must stand here once', { token: shipped().token.slice(1) }],
  ])('is not read where it breaks: %s', (sentence, value) => {
    expect(mistakesOf(value).join()).toContain(sentence);
  });
});
