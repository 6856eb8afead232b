/** The part of the table in routes.ts that is about checking tables before they become jobs. */
import type { Role } from '../people/roles.ts';

const lras: { readonly allowed: readonly Role[] } = { allowed: ['lra'] };

export const bulkCheckRoutes = {
  'GET /lra/bulk': lras,
  'POST /lra/bulk': lras,
  'GET /lra/bulk/templates/:profile/:form': lras,
  'GET /lra/bulk/files/:file': lras,
  'POST /lra/bulk/files/:file/reading': lras,
  'GET /lra/bulk/files/:file/errors': lras,
  'POST /lra/bulk/files/:file/erase': lras,
} as const;
