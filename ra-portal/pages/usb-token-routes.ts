/** The part of the table in routes.ts that is about USB tokens. */
import type { Role } from '../people/roles.ts';

type Entry = { readonly allowed: readonly (Role | 'everyone')[] };
const officers: Entry = { allowed: ['officer'] };
const keepers: Entry = { allowed: ['officer', 'lra'] };
const readers: Entry = { allowed: ['officer', 'auditor', 'lra'] };

export const usbTokenRoutes: Readonly<Record<string, Entry>> = {
  'GET /tokens': readers,
  'GET /tokens/:serial': readers,
  'POST /tokens/:serial/acts': keepers,
  'POST /tokens/:serial/hand-over': keepers,

  'GET /officer/tokens': officers,
  'POST /officer/tokens': officers,
  'POST /officer/cases/:id/token': officers,
  'POST /officer/cases/:id/token/back': officers,
};
