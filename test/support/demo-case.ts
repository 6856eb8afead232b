/** The demo's organisation and a person in it, as the shipped snapshots know them; every value good for both profiles. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import type { Claim } from '../../ca-core/approvals/documents.ts';
import { ntaRecord, robinsRecord, type EvidenceRecord } from '../../ca-core/approvals/evidence.ts';
import type { NtaRecord, RegisterRecords, RobinsRecord } from '../../ca-core/approvals/evidence.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import { readPolicies } from '../../ca-core/profiles/read-policies.ts';
import type { IdentityInput } from '../../ca-core/profiles/check-identity.ts';
import type { CertificateProfile } from '../../ca-core/profiles/profile.ts';

export const policiesFolder = join(projectRoot, 'policies');
export const policies = readPolicies(policiesFolder);

/** 2026-11-22T03:00:00Z */
export const now = 1_795_316_400;
export const demoNumber = '7999901000001';

export function profileOf(name: string): CertificateProfile {
  const profile = policies.profiles.get(name);
  if (profile === undefined) throw new Error(`no profile ${name}`);
  return profile;
}

export const ntaColumns = (
  'sequenceNumber corporateNumber process correct updateDate changeDate name nameImageId kind prefectureName cityName ' +
  'streetNumber addressImageId prefectureCode cityCode postCode addressOutside addressOutsideImageId closeDate closeCause ' +
  'successorCorporateNumber changeCause assignmentDate latest enName enPrefectureName enCityName enAddressOutside furigana hihyoji'
).split(' ');

export type Row = Readonly<Record<string, string>>;

/** The shipped NTA snapshot, by column name. */
export const ntaRows: readonly Row[] = readFileSync(join(policiesFolder, 'registers/nta-snapshot.csv'), 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => {
    const values = Array.from(line.matchAll(/"([^"]*)"/g), match => match[1] ?? '');
    return Object.fromEntries(ntaColumns.map((column, index) => [column, values[index] ?? '']));
  });

export const robinsEntries = (
  parseYaml(readFileSync(join(policiesFolder, 'registers/robins-snapshot.yaml'), 'utf8')) as { entries: Row[] }
).entries;

const provenance = { fetchedAt: now - 3600, rawHash: 'ab'.repeat(32) };

export function ntaOf(corporateNumber: string): NtaRecord {
  const row = ntaRows.findLast(each => each['corporateNumber'] === corporateNumber);
  return ntaRecord.strip().parse({ ...row, ...provenance, source: 'nta-snapshot' });
}

export function robinsOf(corporateNumber: string): RobinsRecord {
  const entry = robinsEntries.find(each => each['corporateNumber'] === corporateNumber);
  return robinsRecord.strip().parse({ ...entry, ...provenance, source: 'robins-snapshot' });
}

export function registerOf(corporateNumber: string): RegisterRecords {
  return { nta: ntaOf(corporateNumber), robins: robinsOf(corporateNumber) };
}

export const demoClaim: Claim = {
  kanjiName: '角野 花子',
  kanaName: 'カクノ ハナコ',
  romanName: 'Kakuno Hanako',
  corporateNumber: demoNumber,
  organisationName: '株式会社架空角印',
  mailbox: 'hanako.kakuno@kakuu-kakuin.example',
};

export function evidenceOf(document: string, change: Partial<EvidenceRecord> = {}): EvidenceRecord {
  const seen = {
    issuer: '',
    number: '',
    validUntil: null,
    seenAt: now - 86_400,
    seenBy: 'officer-1',
    result: 'accepted',
  } as const;
  return { document, method: 'in-person', ...seen, ...change };
}

export const mailboxProof = evidenceOf('mailbox', {
  method: 'mailbox-proof',
  number: demoClaim.mailbox,
  seenBy: 'mailbox-proof',
});
export const passport = evidenceOf('passport', { number: 'TZ0000000', validUntil: now + 86_400 });
export const staffCard = evidenceOf('staff-card', { method: 'affiliation' });

export const demoCase = {
  claim: demoClaim,
  evidence: [mailboxProof, passport, staffCard],
  register: registerOf(demoNumber),
  confirmedVariations: [] as { field: string; confirmedBy: string }[],
} satisfies IdentityInput;

/** The same case, seen and fetched shortly before `at`. */
export function demoCaseAt(at: number): IdentityInput {
  const shift = at - now;
  const { nta, robins } = demoCase.register;
  return {
    ...demoCase,
    evidence: demoCase.evidence.map(one => ({
      ...one,
      seenAt: one.seenAt + shift,
      validUntil: one.validUntil === null ? null : one.validUntil + shift,
    })),
    register: {
      nta: nta && { ...nta, fetchedAt: nta.fetchedAt + shift },
      robins: robins && { ...robins, fetchedAt: robins.fetchedAt + shift },
    },
  };
}
