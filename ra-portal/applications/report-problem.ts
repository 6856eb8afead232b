/** Anybody may say that something is wrong with a certificate, at any hour and without a name. */
import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent, openStore } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { findApplication } from '../store/applications.ts';
import { inOneStep, type Database } from '../store/database.ts';
import { addReport, closeReport, openReportOf, type ProblemReport, type ReportKind } from '../store/problem-reports.ts';
import type { Language } from '../words/language.ts';
import { drawReceiptNumber } from './codes.ts';
import type { FieldMistake } from './form-text.ts';

/** Officers look within this time; seconds (S/MIME BR §4.9.5: 24 hours). */
export const lookedAtWithin = 24 * 3600;

export interface ReportText {
  readonly serialNumber: string;
  readonly words: string;
  readonly contact: string;
}

/** Returns the receipt number, or what has to be mended. */
export async function reportProblem(
  parts: PortalParts,
  { serialNumber, words, contact }: ReportText,
  language: Language,
): Promise<string | readonly FieldMistake[]> {
  const serial = serialNumber.normalize('NFKC').toLowerCase().replace(/[\s:]/g, '');
  const mistakes: FieldMistake[] = [
    ...(/^([0-9a-f]{2,40})?$/.test(serial) ? [] : [{ rule: 'fieldInvalid' as const, field: 'serialNumber' }]),
    ...(words === '' ? [{ rule: 'fieldMissing' as const, field: 'words' }] : []),
    ...tooLong('words', words, 4_000),
    ...tooLong('contact', contact, 255),
  ];
  if (mistakes.length > 0) return mistakes;
  return inOneStep(parts.database, trx =>
    take(parts, trx, {
      kind: 'problem',
      serialNumber: serial === '' ? null : serial,
      caseId: null,
      words,
      contact,
      language,
    }),
  );
}

/** The holder of a certificate on hold asks officers to release it. Throws notOnHold, orderTwice, applicationUnknown. */
export async function askForRelease(parts: PortalParts, caseId: string): Promise<string> {
  return inOneStep(parts.database, async trx => {
    const application = await findApplication(trx, caseId);
    if (application === null) throw new PkiError('applicationUnknown');
    const ca = openStore(trx);
    const certificate = await ca.certificates.ofCase(caseId);
    const status = certificate && (await ca.status.of(certificate.issuer, certificate.serialNumber));
    if (status?.status !== 'revoked' || status.reason !== 'certificateHold') throw new PkiError('notOnHold');
    if ((await openReportOf(trx, caseId, 'release')) !== null) throw new PkiError('orderTwice');
    const { language, claim } = application;
    const serialNumber = certificate?.serialNumber ?? null;
    return take(parts, trx, { kind: 'release', serialNumber, caseId, words: '', contact: claim.mailbox, language });
  });
}

/** An officer has looked. Throws reportUnknown where there is none that is open. */
export async function settleReport(
  { database, clock }: PortalParts,
  id: string,
  { by, outcome, answer }: { readonly by: string; readonly outcome: string; readonly answer: string },
): Promise<void> {
  const at = clock.now();
  if (!(reportOutcomes as readonly string[]).includes(outcome))
    throw new PkiError('fieldInvalid', { field: 'outcome' });
  await inOneStep(database, async trx => {
    const closed = await closeReport(trx, id, { at, by, outcome, answer: answer.slice(0, 1_000) });
    if (closed === 0) throw new PkiError('reportUnknown');
    const event = { at, service: 'ra-portal', action: 'report.closed', actor: by, subject: id };
    await noteEvent(trx, { ...event, details: { outcome } });
  });
}

export const reportOutcomes = ['revoked', 'released', 'unfounded', 'unclear'] as const;

async function take(
  { clock }: PortalParts,
  trx: Database,
  report: Omit<ProblemReport, 'id' | 'createdAt' | 'closed'> & { readonly kind: ReportKind },
): Promise<string> {
  const at = clock.now();
  const id = drawReceiptNumber();
  await addReport(trx, { ...report, id, createdAt: at });
  const event = { at, service: 'ra-portal', action: 'report.taken', actor: 'anybody', subject: id };
  await noteEvent(trx, { ...event, details: { kind: report.kind, serialNumber: report.serialNumber ?? '' } });
  return id;
}

const tooLong = (field: string, text: string, limit: number): FieldMistake[] =>
  text.length > limit ? [{ rule: 'nameTooLong', field, limit }] : [];
