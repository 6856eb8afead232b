/** policies/cards.yaml: the layout of cards, how a card is proved, and the states of cards and passes as tables. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readBy, z } from '../schema.ts';
import { eachOnce, hasEachOnce, transitionRow } from './state-table.ts';

export const cardStates = ['blank', 'preparing', 'prepared', 'bound', 'lost', 'damaged', 'retired'] as const;
export const cardActs = ['prepare', 'confirm', 'bind', 'damage', 'lose', 'retire'] as const;
export const passStates = ['ready', 'taken', 'ended'] as const;
export const passActs = ['take', 'end'] as const;
export type CardState = (typeof cardStates)[number];
export type CardAct = (typeof cardActs)[number];
export type PassState = (typeof passStates)[number];
export type PassAct = (typeof passActs)[number];

/** System and service codes as people write them: four hex digits, the higher octet first. */
const code = z
  .string()
  .regex(/^[0-9A-F]{4}$/, 'must be four hex digits')
  .transform(digits => parseInt(digits, 16));

const layout = z.strictObject({
  systemCode: code,
  serviceCode: code,
  firstBlock: z.number().int().min(0).max(255),
  blockCount: z.number().int().min(2).max(4),
});

const transitions = <State extends string, Act extends string>(states: readonly State[], acts: readonly Act[]) =>
  z.array(transitionRow(states, acts)).refine(rows => hasEachOnce(rows, acts), eachOnce);

export const cardPolicy = z.strictObject({
  mode: z.enum(['pseudoApdu', 'passThrough', 'transparent']),
  fcf: layout,
  secret: layout.refine(({ blockCount }) => blockCount === 2, 'the secret takes two blocks'),
  proof: z.strictObject({
    nonceSeconds: z.number().int().min(5).max(600),
    openNonces: z.number().int().min(1).max(1000),
    perMinute: z.number().int().min(1).max(100_000),
  }),
  card: transitions(cardStates, cardActs),
  pass: transitions(passStates, passActs),
});
export type CardPolicy = z.infer<typeof cardPolicy>;
export type BlockLayout = CardPolicy['secret'];
export type ReaderMode = CardPolicy['mode'];

/** The one file, for programs that need no other policy. Throws policyInvalid {mistakes}. */
export function readCardPolicy(folder: string): CardPolicy {
  const value: unknown = parse(readFileSync(join(folder, 'cards.yaml'), 'utf8'));
  return readBy(cardPolicy as z.ZodType<CardPolicy>, value, 'policyInvalid');
}
