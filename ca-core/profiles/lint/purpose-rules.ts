/** What a certificate of each kind may be for, whatever its profile says: the last door before the key. */
import { longestMailbox, mailboxForm } from './mailbox-form.ts';
import { oids } from '../../x509/oids.ts';
import type { ProfileKind } from '../profile.ts';
import type { Reading } from './reading.ts';
import { findings, nothing, type CertificateRule } from './rule.ts';

const allowedPurposes: Readonly<Record<ProfileKind, readonly string[]>> = {
  subscriber: [oids.clientAuth, oids.emailProtection, oids.documentSigning],
  ocspSigner: [oids.OCSPSigning],
  issuingCa: [],
  rootCa: [],
};

export const purposeRules: readonly CertificateRule[] = [
  {
    id: 'caConstraint',
    source: 'RFC 5280 §4.2.1.9',
    level: 'must',
    says: 'A CA says so, and nothing else does.',
    find: ({ says, profile: { kind } }) =>
      (says.basicConstraints?.ca ?? false) === (kind === 'issuingCa' || kind === 'rootCa')
        ? nothing
        : [{ field: 'basicConstraints' }],
  },
  {
    id: 'purposeMissing',
    source: 'RFC 5280 §4.2.1.12',
    level: 'must',
    says: "A subscriber's certificate has a closed list of purposes: without one it would be good for all.",
    find: ({ says, profile }) =>
      profile.kind === 'subscriber' && says.extendedKeyUsage === undefined ? [{ field: 'extendedKeyUsage' }] : nothing,
  },
  {
    id: 'purposeForbidden',
    source: 'RFC 5280 §4.2.1.12; S/MIME BR §7.1.2.3',
    level: 'must',
    says: 'A subscriber may have clientAuth, emailProtection and documentSigning, an OCSP signer OCSPSigning, a CA none; serverAuth, codeSigning, timeStamping and anyExtendedKeyUsage nobody.',
    find: ({ says, profile }) =>
      findings(
        'extendedKeyUsage',
        (says.extendedKeyUsage ?? []).filter(purpose => !allowedPurposes[profile.kind].includes(purpose)),
      ),
  },
  {
    id: 'signerPurpose',
    source: 'RFC 6960 §4.2.2.2',
    level: 'must',
    says: 'An OCSP signer has the purpose OCSPSigning.',
    find: ({ says, profile }) =>
      profile.kind === 'ocspSigner' && says.extendedKeyUsage?.includes(oids.OCSPSigning) !== true
        ? [{ field: 'extendedKeyUsage' }]
        : nothing,
  },
  {
    id: 'nocheckOfSigners',
    source: 'RFC 6960 §4.2.2.2.1',
    level: 'must',
    says: 'Only an OCSP signer is never asked for its status, and it always says so.',
    find: ({ fields, profile }) =>
      fields.extensions.has(oids.ocspNocheck) === (profile.kind === 'ocspSigner')
        ? nothing
        : [{ field: 'ocspNocheck' }],
  },
  {
    id: 'policyTwice',
    source: 'RFC 5280 §4.2.1.4',
    level: 'must',
    says: 'A policy stands once.',
    find: reading => {
      const policies = policiesOf(reading);
      return findings(
        'certificatePolicies',
        policies.filter((oid, at) => policies.indexOf(oid) !== at),
      );
    },
  },
  {
    id: 'policyMissing',
    source: 'S/MIME BR §7.1.2.3',
    level: 'must',
    says: "A subscriber's certificate names the policy that it was issued under.",
    find: reading =>
      reading.profile.kind === 'subscriber' && policiesOf(reading).length === 0
        ? [{ field: 'certificatePolicies' }]
        : nothing,
  },
  {
    id: 'anyPolicy',
    source: 'RFC 5280 §4.2.1.4; S/MIME BR §7.1.6.4',
    level: 'must',
    says: 'anyPolicy is for CAs.',
    find: reading =>
      isEndEntity(reading) && policiesOf(reading).includes('2.5.29.32.0')
        ? [{ field: 'certificatePolicies' }]
        : nothing,
  },
  {
    id: 'statusMissing',
    source: 'RFC 5280 §4.2.1.13; S/MIME BR §7.1.2.3',
    level: 'must',
    says: "A subscriber's certificate tells where its CRL is.",
    find: ({ says, profile, fields }) =>
      profile.kind === 'subscriber' &&
      says.cRLDistributionPoints === undefined &&
      !fields.extensions.has(oids.cRLDistributionPoints)
        ? [{ field: 'cRLDistributionPoints' }]
        : nothing,
  },
  {
    id: 'addressForm',
    source: 'RFC 5280 §4.2.1.13, §8',
    level: 'should',
    says: 'Addresses are plain HTTP: who checks a certificate to fetch a status would go in circles.',
    find: ({ says }) => {
      const access = says.authorityInfoAccess;
      const crls = [...(says.cRLDistributionPoints ?? []), ...(says.freshestCRL ?? [])];
      const found = [...crls, ...(access?.ocsp ?? []), ...(access?.caIssuers ?? [])];
      return findings(
        'extensions',
        found.filter(address => !/^http:\/\/[^/\s]+\//.test(address)),
      );
    },
  },
  {
    id: 'mailboxForm',
    source: 'RFC 5280 §4.2.1.6; RFC 5321 §4.1.2',
    level: 'must',
    says: 'A mailbox is ASCII, local part @ domain, within its bounds.',
    find: ({ says }) =>
      findings(
        'subjectAltName',
        (says.subjectAltName ?? []).filter(name => name.length > longestMailbox || !mailboxForm.test(name)),
      ),
  },
  {
    id: 'mailPurpose',
    source: 'RFC 8550 §3, §4.4.4',
    level: 'should',
    says: 'emailProtection and a mailbox in subjectAltName go together.',
    find: ({ says }) => {
      const hasPurpose = says.extendedKeyUsage?.includes(oids.emailProtection) ?? false;
      const hasMailbox = (says.subjectAltName?.length ?? 0) > 0;
      return hasPurpose === hasMailbox ? nothing : [{ field: 'subjectAltName' }];
    },
  },
];

const policiesOf = ({ says }: Reading): readonly string[] => (says.certificatePolicies ?? []).map(({ oid }) => oid);
const isEndEntity = ({ profile: { kind } }: Reading): boolean => kind === 'subscriber' || kind === 'ocspSigner';
