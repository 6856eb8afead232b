/** The key, and what may be done with it. */
import type { KeyUsage } from '../../x509/extensions.ts';
import type { Reading } from './reading.ts';
import { findings, nothing, type CertificateRule } from './rule.ts';

const caUsages: readonly KeyUsage[] = ['keyCertSign', 'cRLSign'];
const neverWithEc: readonly KeyUsage[] = ['keyEncipherment', 'dataEncipherment'];
const neverWithRsa: readonly KeyUsage[] = ['keyAgreement', 'encipherOnly', 'decipherOnly'];
const onlyWithAgreement: readonly KeyUsage[] = ['encipherOnly', 'decipherOnly'];

export const keyRules: readonly CertificateRule[] = [
  {
    id: 'keyUnacceptable',
    source: 'S/MIME BR §6.1.1.3, §6.1.5, §6.1.6; RFC 5480 §2',
    level: 'must',
    says: 'The key is RSA of 2048, 3072 or 4096 bits with e = 65537 and no known weakness, or an uncompressed point on P-256 or P-384.',
    find: ({ key }) => (typeof key === 'string' ? [{ field: 'subjectPublicKeyInfo', found: key }] : nothing),
  },
  {
    id: 'keyNotInProfile',
    source: 'profile',
    level: 'must',
    says: 'The key is of an algorithm and a size that the profile names.',
    find: ({ key, profile }) =>
      typeof key === 'string' || profile.keys.includes(key.algorithm)
        ? nothing
        : [{ field: 'subjectPublicKeyInfo', found: key.algorithm }],
  },
  {
    id: 'caKeySize',
    source: 'house',
    level: 'must',
    says: 'The RSA key of a CA has 4096 bits.',
    find: reading =>
      isCa(reading) && typeof reading.key !== 'string' && reading.key.family === 'rsa' && reading.key.bits < 4096
        ? [{ field: 'subjectPublicKeyInfo', found: String(reading.key.bits) }]
        : nothing,
  },
  {
    id: 'caKeyUsage',
    source: 'RFC 5280 §4.2.1.3, §4.2.1.9',
    level: 'must',
    says: 'keyCertSign and cRLSign are for CAs, which have both.',
    find: reading => {
      const usages = usagesOf(reading);
      const wrong = isCa(reading) ? caUsages.filter(usage => !usages.includes(usage)) : named(usages, caUsages);
      return reading.says.keyUsage === undefined ? nothing : findings('keyUsage', wrong);
    },
  },
  {
    id: 'keyUsageOfEc',
    source: 'RFC 8813 §3',
    level: 'must',
    says: 'An EC key enciphers no key and no octets.',
    find: reading =>
      familyOf(reading) === 'ec' ? findings('keyUsage', named(usagesOf(reading), neverWithEc)) : nothing,
  },
  {
    id: 'keyUsageOfRsa',
    source: 'RFC 3279 §2.3.1',
    level: 'must',
    says: 'An RSA key agrees on nothing.',
    find: reading =>
      familyOf(reading) === 'rsa' ? findings('keyUsage', named(usagesOf(reading), neverWithRsa)) : nothing,
  },
  {
    id: 'keyUsageOnly',
    source: 'RFC 5280 §4.2.1.3',
    level: 'must',
    says: 'encipherOnly and decipherOnly mean nothing without keyAgreement.',
    find: reading => {
      const usages = usagesOf(reading);
      const isBare = familyOf(reading) === 'ec' && !usages.includes('keyAgreement');
      return isBare ? findings('keyUsage', named(usages, onlyWithAgreement)) : nothing;
    },
  },
];

const isCa = ({ profile: { kind } }: Reading): boolean => kind === 'issuingCa' || kind === 'rootCa';
const usagesOf = ({ says }: Reading): readonly KeyUsage[] => says.keyUsage ?? [];
const familyOf = ({ key }: Reading): 'rsa' | 'ec' | null => (typeof key === 'string' ? null : key.family);
const named = (usages: readonly KeyUsage[], among: readonly KeyUsage[]): readonly KeyUsage[] =>
  usages.filter(usage => among.includes(usage));
