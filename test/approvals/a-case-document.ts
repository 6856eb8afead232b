import { generateKeyPairSync } from 'node:crypto';
import type { CaseDocument, SubjectKey } from '../../ca-core/approvals/documents.ts';
import type { NtaRecord, RobinsRecord } from '../../ca-core/approvals/evidence.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import { encodeGeneralNames } from '../../ca-core/x509/general-names.ts';
import { encodeName } from '../../ca-core/x509/name.ts';

export interface CaseDetails {
  readonly ca: string;
  readonly caseId?: string;
  /** As claimed; the certificate's own mailbox stays yamada-hanako@example.jp. */
  readonly mailbox?: string;
  readonly kanjiName?: string;
  readonly subjectKey?: SubjectKey;
}

/** A case of a plainly fictional applicant, complete in every field. */
export function aCaseDocument(details: CaseDetails): CaseDocument {
  const { ca, caseId = 'K26-0001-0001', mailbox = 'yamada-hanako@example.jp', kanjiName = '山田 花子' } = details;
  return {
    kind: 'case',
    version: 1,
    ca,
    caseId,
    profile: { name: 'jcan-classic', hash: 'ab'.repeat(32) },
    claim: {
      kanjiName,
      kanaName: 'ヤマダ ハナコ',
      romanName: 'Yamada Hanako',
      corporateNumber: '9999999999999',
      organisationName: '株式会社見本製作所',
      mailbox,
    },
    subject: toHex(subject()),
    subjectAltName: toHex(encodeGeneralNames({ rfc822Names: ['yamada-hanako@example.jp'] })),
    validityDays: 730,
    evidence: [
      {
        method: 'in-person',
        document: 'drivers-licence',
        issuer: '長野県公安委員会',
        number: '301234567890',
        validUntil: 1_830_000_000,
        seenAt: 1_799_990_000,
        seenBy: 'officer-1',
        result: 'accepted',
      },
      {
        method: 'mailbox-code',
        document: 'mailbox',
        issuer: '',
        number: '',
        validUntil: null,
        seenAt: 1_799_980_000,
        seenBy: 'mailbox-proof',
        result: 'accepted',
      },
    ],
    register: { nta, robins },
    confirmedVariations: [{ field: 'organisationName', confirmedBy: 'officer-1' }],
    subjectKey: details.subjectKey ?? csrKey(),
  };
}

function subject(): Uint8Array {
  return encodeName([
    { type: 'C', value: 'JP' },
    { type: 'ST', value: 'Nagano' },
    { type: 'L', value: 'Matsumoto' },
    { type: 'O', value: 'Mihon Seisakusho K.K.' },
    { type: 'OU', value: '1.2.392.200063.80.1.1' },
    { type: 'OU', value: 'OU2-https://robins.jipdec.or.jp/Key.do?9999999999999999&J=1' },
    { type: 'CN', value: 'BN-YamadaHanako' },
  ]);
}

function csrKey(): SubjectKey {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subjectPublicKeyInfo = publicKey.export({ format: 'der', type: 'spki' }).toString('hex');
  return { from: 'csr', subjectPublicKeyInfo, certificationRequest: '3003020100' };
}

const nta: NtaRecord = {
  source: 'nta-snapshot',
  fetchedAt: 1_799_900_000,
  rawHash: '11'.repeat(32),
  corporateNumber: '9999999999999',
  process: '01',
  updateDate: '2024-04-01',
  changeDate: '2015-10-05',
  name: '株式会社見本製作所',
  nameImageId: '',
  kind: '301',
  prefectureName: '長野県',
  cityName: '松本市',
  streetNumber: '見本町一丁目２番３号',
  prefectureCode: '20',
  cityCode: '202',
  postCode: '3900000',
  closeDate: '',
  closeCause: '',
  successorCorporateNumber: '',
  latest: '1',
  enName: 'Mihon Seisakusho K.K.',
  enPrefectureName: 'Nagano',
  enCityName: 'Matsumoto',
  furigana: 'ミホンセイサクショ',
  hihyoji: '0',
};

const robins: RobinsRecord = {
  source: 'robins-snapshot',
  fetchedAt: 1_799_900_100,
  rawHash: '22'.repeat(32),
  key: '9999999999999999',
  corporateNumber: '9999999999999',
  nameJa: '株式会社見本製作所',
  nameEn: 'Mihon Seisakusho K.K.',
  addressJa: '長野県松本市見本町1-2-3',
  stateOrProvince: 'Nagano',
  locality: 'Matsumoto',
  phone: '0263-00-0000',
  url: 'https://www.example.jp/',
  webDomains: ['example.jp'],
  mailDomains: ['example.jp', 'mail.example.jp'],
  asOf: '2025-01-31',
  grades: { nameJa: 'authoritative', nameEn: 'verified', url: 'unverified' },
};
