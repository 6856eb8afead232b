/** What a program may be allowed to do, and whose programs may be allowed it. */
import type { Role } from './roles.ts';

export const scopes = [
  'applications:read',
  'applications:write',
  'certificates:read',
  'revocations:write',
  'queue:read',
  'queue:claim',
  'cards:write',
  'tokens:write',
  'bulk:read',
  'bulk:write',
  'bulk:collect',
] as const;
export type Scope = (typeof scopes)[number];

const bulk = ['bulk:read', 'bulk:write', 'bulk:collect'] as const;

/** A token reaches no further than its owner does (pages/routes.ts); who has no scope here makes no token. */
const scopesOfRole: Readonly<Record<Role, readonly Scope[]>> = {
  applicant: [],
  lra: ['applications:read', 'applications:write', 'certificates:read', 'revocations:write', 'cards:write', ...bulk],
  officer: ['queue:read', 'queue:claim', 'cards:write'],
  caOperator: [],
  auditor: ['queue:read'],
  administrator: [],
  station: ['cards:write', 'tokens:write'],
};

export const scopesFor = ({ roles }: { readonly roles: readonly Role[] }): readonly Scope[] =>
  scopes.filter(scope => roles.some(role => scopesOfRole[role].includes(scope)));
