import { PkiError } from '../../ca-core/errors.ts';
import { openStore, type CaseDocument } from '../../ca-core/index.ts';
import { issuingCa, type PortalParts } from '../parts.ts';
import { editorsOf } from '../store/reviews.ts';
import { caseContent, type CaseContent } from './case-file.ts';
import type { AtWork } from './at-work.ts';
import { changeCase } from './change-case.ts';
import { isStale, refreshRegister } from './review-register.ts';

/**
 * Writes down the case as two officers will sign it and returns the document's digest. Old register records are fetched
 * again first. Throws identityInsufficient while anything is missing, and what changeCase and refreshRegister throw.
 */
export async function makeCaseDocument(parts: PortalParts, atWork: AtWork): Promise<string> {
  const { register, application } = await caseContent(parts, parts.database, atWork.caseId);
  if (application.documentDigest !== null && !isStale(parts, register)) return application.documentDigest;
  if (isStale(parts, register)) await refreshRegister(parts, atWork);
  let digest = '';
  await changeCase(parts, atWork, {
    action: 'caseDocument.made',
    details: {},
    change: async (trx, { caseId }, at) => {
      const ca = openStore(trx);
      const content = await caseContent(parts, trx, caseId);
      const edition = (await ca.documents.about('case', caseId)).length + 1;
      const ground = { ca: (await issuingCa(ca)).id, editors: await editorsOf(trx, caseId), edition };
      digest = await ca.documents.put(documentOf(content, ground), at);
      return { documentDigest: digest };
    },
  });
  return digest;
}

/** What a document says besides the case. */
export interface DocumentGround {
  readonly ca: string;
  readonly editors: readonly string[];
  /** How many documents there were of the case, and one. */
  readonly edition: number;
}

/** The document as two officers will sign it. Throws identityInsufficient while anything is missing. */
export function documentOf(content: CaseContent, { ca, editors, edition }: DocumentGround): CaseDocument {
  const { application, profile, register, evidence, variations, names, violations } = content;
  if (violations.length > 0 || names === null) {
    throw new PkiError('identityInsufficient', { missing: violations.map(({ rule, field }) => `${rule} ${field}`) });
  }
  return {
    kind: 'case',
    version: 1,
    ca,
    caseId: application.caseId,
    profile: { name: profile.name, hash: profile.hash },
    claim: application.claim,
    subject: Buffer.from(names.subject).toString('hex'),
    subjectAltName: names.subjectAltName === null ? null : Buffer.from(names.subjectAltName).toString('hex'),
    validityDays: profile.validityDays,
    evidence: [...evidence],
    register,
    confirmedVariations: [...variations],
    subjectKey: application.subjectKey,
    ...(editors.length === 0 ? {} : { editors: [...editors] }),
    ...(edition === 1 ? {} : { edition }),
  };
}
