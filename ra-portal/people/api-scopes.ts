/** What a program may be allowed to do, and whose programs may be allowed it. */
import type { Role } from './roles.ts';

export const scopes = [
  'applications:read',
  'applications:write',
  'certificates:read',
  'revocations:write',
  'queue:read',
  'queue:claim',
] as const;
export type Scope = (typeof scopes)[number];

/** A token reaches no further than its owner does (pages/routes.ts); who has no scope here makes no token. */
const scopesOfRole: Readonly<Record<Role, readonly Scope[]>> = {
  applicant: [],
  lra: ['applications:read', 'applications:write', 'certificates:read', 'revocations:write'],
  officer: ['queue:read', 'queue:claim'],
  caOperator: [],
  auditor: ['queue:read'],
  administrator: [],
};

export const scopesFor = ({ roles }: { readonly roles: readonly Role[] }): readonly Scope[] =>
  scopes.filter(scope => roles.some(role => scopesOfRole[role].includes(scope)));
