import { PkiError, type PkiErrorCode } from '../../ca-core/errors.ts';
import { checkIdentity, type EvidenceRecord } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { addEvidence, withdrawEvidence } from '../store/reviews.ts';
import type { AtWork } from './at-work.ts';
import { changeCase } from './change-case.ts';

export const evidenceFields = ['document', 'method', 'issuer', 'number', 'validUntil', 'seenOn', 'result'] as const;
export type EvidenceField = (typeof evidenceFields)[number];

export interface EvidenceMistake {
  readonly rule: PkiErrorCode;
  readonly field: EvidenceField;
}

/** Keeps one look at one piece of evidence, or says what is wrong with it; a number that must not be kept is not. */
export async function recordEvidence(
  parts: PortalParts,
  atWork: AtWork,
  body: unknown,
): Promise<'recorded' | readonly EvidenceMistake[]> {
  const read = readEvidence(parts, atWork, body);
  if (!('method' in read)) return read;
  const record = read;
  await changeCase(parts, atWork, {
    action: 'evidence.recorded',
    details: { document: record.document, method: record.method, result: record.result },
    change: async (trx, { caseId }, at) => {
      await addEvidence(trx, caseId, { record, at });
      return {};
    },
  });
  return 'recorded';
}

/** Throws documentUnknown when there is no such evidence in this case. */
export async function withdraw(parts: PortalParts, atWork: AtWork, id: string): Promise<void> {
  await changeCase(parts, atWork, {
    action: 'evidence.withdrawn',
    details: { evidence: id },
    change: async (trx, { caseId }, at) => {
      if ((await withdrawEvidence(trx, caseId, { id, at })) === 0) throw new PkiError('documentUnknown');
      return {};
    },
  });
}

function readEvidence(parts: PortalParts, { officer }: AtWork, body: unknown): EvidenceRecord | EvidenceMistake[] {
  const text = textOf(body);
  const seenAt = startOfDay(text.seenOn);
  const validUntil = text.validUntil === '' ? null : startOfDay(text.validUntil);
  const { documents } = parts.policies.identity;
  const document = documents.find(({ id }) => id === text.document);
  const missing = (['document', 'method', 'seenOn'] as const).filter(field => text[field] === '');
  const mistakes: EvidenceMistake[] = missing.map(field => ({ rule: 'fieldMissing', field }));
  const invalid = (field: EvidenceField, isWrong: boolean): void => {
    if (isWrong && text[field] !== '') mistakes.push({ rule: 'fieldInvalid', field });
  };
  invalid('seenOn', seenAt === undefined);
  invalid('validUntil', validUntil === undefined);
  invalid('method', document !== undefined && !document.methods.includes(text.method));
  if (text.result !== 'accepted' && text.result !== 'refused') mistakes.push({ rule: 'fieldMissing', field: 'result' });
  if (mistakes.length > 0 || seenAt === undefined || validUntil === undefined) return mistakes;
  const record: EvidenceRecord = {
    method: text.method,
    document: text.document,
    issuer: text.issuer,
    number: text.number,
    validUntil: validUntil === null ? null : validUntil + day - 1,
    // Seen today is seen now; an earlier day counts from its noon in Japan.
    seenAt: Math.min(parts.clock.now(), seenAt + day / 2),
    seenBy: officer.id,
    result: text.result === 'accepted' ? 'accepted' : 'refused',
  };
  return seenAt > parts.clock.now() ? [{ rule: 'fieldInvalid', field: 'seenOn' }] : faultsOf(parts, record, record);
}

/** The very rules of the CA core, asked about this one record. */
function faultsOf(
  parts: PortalParts,
  record: EvidenceRecord,
  whole: EvidenceRecord,
): EvidenceRecord | EvidenceMistake[] {
  const profile = [...parts.policies.profiles.values()].find(({ kind }) => kind === 'subscriber');
  if (profile === undefined) throw new PkiError('profileUnknown');
  const claim = { kanjiName: '', kanaName: '', romanName: '', corporateNumber: '', organisationName: '', mailbox: '' };
  const input = { claim, evidence: [record], register: { nta: null, robins: null }, confirmedVariations: [] };
  const faults = checkIdentity(profile, input, parts.policies, parts.clock.now()).flatMap(({ field }) => {
    const fault = evidenceFields.find(name => field === `evidence.0.${name}`);
    return field.startsWith('evidence.0.') ? [fault ?? 'document'] : [];
  });
  return faults.length === 0 ? whole : faults.map(field => ({ rule: 'fieldInvalid', field }));
}

function textOf(body: unknown): Record<EvidenceField, string> {
  const given = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const text = (field: EvidenceField): string => {
    const value = given[field];
    return typeof value === 'string' ? value.trim().slice(0, 255) : '';
  };
  return Object.fromEntries(evidenceFields.map(field => [field, text(field)])) as Record<EvidenceField, string>;
}

const day = 86_400;
const japan = 9 * 3_600;

/** Midnight in Japan of a `yyyy-mm-dd`, or undefined when there is no such day. */
function startOfDay(text: string): number | undefined {
  const milliseconds = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString().slice(0, 10) !== text) return undefined;
  return milliseconds / 1000 - japan;
}
