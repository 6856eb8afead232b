/** Who may be what. A role is a right to routes (pages/routes.ts); what officers approve is decided by the signed roll alone. */

export const roles = ['applicant', 'lra', 'officer', 'caOperator', 'auditor', 'administrator', 'station'] as const;

/**
 * `applicant` opens one application with its code · `lra` is an organisation's own desk · `officer` reviews and approves
 * · `caOperator` runs the machines · `auditor` reads all and changes nothing · `administrator` gives roles and does
 * nothing else · `station` is a machine that prepares tokens and cards, on the signed roll by its key.
 */
export type Role = (typeof roles)[number];

/** The roles that the people table gives. Officers stand on the signed roll, applicants have their code. */
export const givenRoles = ['lra', 'caOperator', 'auditor', 'administrator'] as const satisfies readonly Role[];
export type GivenRole = (typeof givenRoles)[number];

/** Pairs that one person never holds; a trigger of the database says the same. */
export const forbiddenPairs: readonly (readonly [Role, Role])[] = [
  ['officer', 'lra'],
  ['officer', 'caOperator'],
  ['officer', 'auditor'],
  ['officer', 'administrator'],
  ['lra', 'caOperator'],
  ['lra', 'auditor'],
  ['lra', 'administrator'],
  ['caOperator', 'auditor'],
  ['auditor', 'administrator'],
];

export function isForbiddenPair(one: Role, other: Role): boolean {
  return forbiddenPairs.some(pair => pair.includes(one) && pair.includes(other) && one !== other);
}
