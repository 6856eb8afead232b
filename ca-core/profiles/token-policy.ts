/** policies/tokens.yaml: the states of USB tokens as a table, and what each act does to the certificate on one. */
import { revocationReasons, type RevocationReason } from '../approvals/documents.ts';
import { z } from '../schema.ts';
import { eachOnce, hasEachOnce, transitionRow } from './state-table.ts';

export const tokenStates = [
  'unformatted',
  'formatted',
  'active',
  'suspended',
  'damaged',
  'lost',
  'terminated',
] as const;
export const tokenActs = ['format', 'activate', 'suspend', 'release', 'damage', 'lose', 'terminate', 'clear'] as const;
export type TokenState = (typeof tokenStates)[number];
export type TokenAct = (typeof tokenActs)[number];

const row = transitionRow(tokenStates, tokenActs).extend({
  certificate: z.union([z.enum(['none', 'release']), z.array(z.enum(revocationReasons)).min(1)]),
});
export type TokenRow = z.infer<typeof row>;

/** States in which somebody may be using the key on it. */
const usable: readonly TokenState[] = ['active', 'suspended'];

/** A certificate is on hold while its token is suspended, and at no other time. */
const isOnHoldAlone = ({ to, certificate }: TokenRow): boolean =>
  !Array.isArray(certificate) ||
  (to === 'suspended'
    ? certificate.every(reason => reason === 'certificateHold')
    : !certificate.includes('certificateHold'));

const isReleaseAlone = ({ from, to, certificate }: TokenRow): boolean =>
  (certificate === 'release') === (to === 'active' && from.includes('suspended'));

/** Who may use the key no more has a certificate no more. */
const isRevokedWithUse = ({ from, to, certificate }: TokenRow): boolean =>
  !from.some(state => usable.includes(state)) || to === 'active' || Array.isArray(certificate);

const isCompromiseWhenLost = ({ to, certificate }: TokenRow): boolean =>
  to !== 'lost' || (Array.isArray(certificate) && certificate.every(reason => reason === 'keyCompromise'));

export const tokenPolicy = z.strictObject({
  token: z
    .array(row)
    .refine(rows => hasEachOnce(rows, tokenActs), eachOnce)
    .refine(rows => rows.every(isOnHoldAlone), 'certificateHold is for what is suspended, and for nothing else')
    .refine(rows => rows.every(isReleaseAlone), 'from suspended to active leads release, and release alone')
    .refine(rows => rows.every(isRevokedWithUse), 'a token that leaves use must have its certificate revoked')
    .refine(rows => rows.every(isCompromiseWhenLost), 'what is lost is revoked for keyCompromise'),
});
export type TokenPolicy = z.infer<typeof tokenPolicy>;

/** The row of an act. */
export function rowOfAct({ token }: TokenPolicy, act: TokenAct): TokenRow {
  const found = token.find(one => one.act === act);
  if (found === undefined) throw new Error(`no row for ${act}`);
  return found;
}

/** Why the certificate may be revoked by this act; empty where it is not. */
export const reasonsOfAct = (policy: TokenPolicy, act: TokenAct): readonly RevocationReason[] => {
  const { certificate } = rowOfAct(policy, act);
  return Array.isArray(certificate) ? certificate : [];
};
