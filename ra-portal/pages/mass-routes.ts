/** The part of the table in routes.ts that is about many certificates at once. */
import type { Role } from '../people/roles.ts';

type Entry = { readonly allowed: readonly (Role | 'everyone')[] };
const officers: Entry = { allowed: ['officer'] };
const readers: Entry = { allowed: ['officer', 'auditor'] };

export const massRoutes: Readonly<Record<string, Entry>> = {
  'GET /officer/revocations': readers,
  'POST /officer/revocations/check': officers,
  'POST /officer/revocations': officers,
  'GET /officer/revocations/lists/:list': readers,
  'GET /officer/revocations/lists/:list/serials': readers,
  'GET /officer/revocations/:document': readers,

  'GET /officer/campaigns': readers,
  'POST /officer/campaigns': officers,
  'GET /officer/campaigns/:campaign': readers,
  'POST /officer/campaigns/:campaign/end': officers,
  'POST /officer/campaigns/:campaign/revocation': officers,

  'GET /self-audits': { allowed: ['caOperator', 'auditor'] },
  'POST /self-audits': { allowed: ['caOperator'] },
  'GET /self-audits/:quarter': { allowed: ['caOperator', 'auditor'] },
};
