/** The applicants' part of the table in routes.ts. */
import type { Role } from '../people/roles.ts';

type Entry = { readonly allowed: readonly (Role | 'everyone')[] };
const everyone: Entry = { allowed: ['everyone'] };
const applicants: Entry = { allowed: ['applicant'] };
const officers: Entry = { allowed: ['officer'] };
const lras: Entry = { allowed: ['lra'] };
const readers: Entry = { allowed: ['officer', 'auditor'] };

export const applicantRoutes: Readonly<Record<string, Entry>> = {
  'GET /favicon.ico': everyone,
  'GET /help/import/:system': everyone,
  'GET /help/changes': everyone,

  'GET /apply': everyone,
  'POST /apply': everyone,
  'POST /apply/preview': everyone,
  'POST /apply/draft': everyone,
  'POST /apply/draft/discard': everyone,
  'GET /apply/kind': everyone,
  'POST /apply/kind': everyone,
  'GET /apply/person': everyone,
  'POST /apply/person': everyone,
  'GET /apply/roman': everyone,
  'POST /apply/roman': everyone,
  'GET /apply/organisation': everyone,
  'POST /apply/organisation': everyone,
  'GET /apply/contact': everyone,
  'POST /apply/contact': everyone,
  'GET /apply/documents': everyone,
  'POST /apply/documents': everyone,
  'GET /apply/documents/:upload': everyone,
  'POST /apply/documents/:upload/remove': everyone,
  'GET /apply/check': everyone,

  'GET /applications': everyone,
  'GET /applications/:id': everyone,
  'POST /applications/:id/enter': everyone,
  'GET /applications/:id/mailbox': everyone,
  'POST /applications/:id/mailbox': everyone,
  'POST /applications/:id/mailbox/letter': applicants,
  'GET /applications/:id/correct': applicants,
  'POST /applications/:id/correct': applicants,
  'GET /applications/:id/withdraw': applicants,
  'POST /applications/:id/withdraw': applicants,
  'GET /applications/:id/documents': applicants,
  'POST /applications/:id/documents': applicants,
  'GET /applications/:id/documents/:upload': applicants,
  'GET /applications/:id/revoke': applicants,
  'POST /applications/:id/revoke': applicants,
  'POST /applications/:id/release': applicants,
  'GET /applications/:id/pick-up': applicants,
  'POST /applications/:id/pick-up': applicants,
  'POST /applications/:id/entry-pass': everyone,
  'GET /applications/:id/certificate.cer': applicants,
  'GET /applications/:id/certificate.pem': applicants,
  'GET /applications/:id/chain.pem': applicants,
  'POST /applications/:id/fetched': applicants,

  'GET /lra': lras,
  'GET /lra/cases/:id': lras,
  'POST /lra/cases/:id/revoke': lras,

  'GET /report': everyone,
  'POST /report': everyone,
  'GET /report/:report': everyone,
  'GET /officer/reports': readers,
  'GET /officer/reports/:report': readers,
  'POST /officer/reports/:report/close': officers,
};
