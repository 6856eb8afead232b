import { PkiError } from '../../ca-core/errors.ts';
import { openStore, type CaseDocument } from '../../ca-core/index.ts';
import { issuingCa, type PortalParts } from '../parts.ts';
import { caseContent, type CaseContent } from './case-file.ts';
import { changeCase, type AtWork } from './change-case.ts';
import { isStale, refreshRegister } from './review-register.ts';

/**
 * Writes down the case as two officers will sign it and returns the document's digest. Old register records are fetched
 * again first. Throws identityInsufficient while anything is missing, and what changeCase and refreshRegister throw.
 */
export async function makeCaseDocument(parts: PortalParts, atWork: AtWork): Promise<string> {
  const { register } = await caseContent(parts, parts.database, atWork.caseId);
  if (isStale(parts, register)) await refreshRegister(parts, atWork);
  let digest = '';
  await changeCase(parts, atWork, {
    action: 'caseDocument.made',
    details: {},
    change: async (trx, { caseId }, at) => {
      const ca = openStore(trx);
      const content = await caseContent(parts, trx, caseId);
      digest = await ca.documents.put(documentOf(content, (await issuingCa(ca)).id), at);
      return { documentDigest: digest };
    },
  });
  return digest;
}

function documentOf(content: CaseContent, ca: string): CaseDocument {
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
  };
}
