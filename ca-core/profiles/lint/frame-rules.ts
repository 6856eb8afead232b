/** Serial number, validity, issuer. */
import { equalBytes } from '../../x509/der.ts';
import { longestSubscriberValidity } from '../profile-rules.ts';
import type { Reading } from './reading.ts';
import { nothing, type CertificateRule, type Finding } from './rule.ts';

const day = 86_400;
const longestBackdating = 48 * 3600;
const longestPostdating = 300;
const leastSerialNumber = 1n << 63n;

export const frameRules: readonly CertificateRule[] = [
  {
    id: 'serialNumberShort',
    source: 'S/MIME BR §7.1',
    level: 'must',
    says: 'The serial number holds 64 random bits: it is 2^63 or more, as all but one of 2^64 such numbers are.',
    find: ({ fields: { serialNumber } }) =>
      BigInt(`0x${serialNumber}`) >= leastSerialNumber ? nothing : [{ field: 'serialNumber', found: serialNumber }],
  },
  {
    id: 'validityEmpty',
    source: 'RFC 5280 §4.1.2.5',
    level: 'must',
    says: 'notAfter lies behind notBefore.',
    find: reading => (secondsOf(reading) < 2 ? times(reading) : nothing),
  },
  {
    id: 'validityTooLong',
    source: 'profile',
    level: 'must',
    says: 'The certificate lasts no longer than its profile says, both ends inclusive.',
    find: reading => (secondsOf(reading) > reading.profile.validityDays * day ? times(reading) : nothing),
  },
  {
    id: 'subscriberValidity',
    source: 'S/MIME BR §6.3.2',
    level: 'must',
    says: `A subscriber's certificate lasts ${longestSubscriberValidity} days at most, whatever its profile says.`,
    find: reading =>
      reading.profile.kind === 'subscriber' && secondsOf(reading) > longestSubscriberValidity * day
        ? times(reading)
        : nothing,
  },
  {
    id: 'backdated',
    source: 'house',
    level: 'must',
    says: 'notBefore lies at most 48 hours in the past.',
    find: reading => (reading.fields.notBefore < reading.ground.now - longestBackdating ? times(reading) : nothing),
  },
  {
    id: 'postdated',
    source: 'house',
    level: 'must',
    says: 'notBefore lies at most five minutes in the future, for clocks that differ.',
    find: reading => (reading.fields.notBefore > reading.ground.now + longestPostdating ? times(reading) : nothing),
  },
  {
    id: 'expired',
    source: 'house',
    level: 'must',
    says: 'The certificate is not over before it is made.',
    find: reading => (reading.fields.notAfter <= reading.ground.now ? times(reading) : nothing),
  },
  {
    id: 'issuerDiffers',
    source: 'RFC 5280 §4.1.2.4, §7.1',
    level: 'must',
    says: "The issuer is the issuing CA's subject, octet for octet.",
    find: ({ fields, ground }) => (equalBytes(fields.issuer, ground.issuer.subject) ? nothing : [{ field: 'issuer' }]),
  },
  {
    id: 'issuerEmpty',
    source: 'RFC 5280 §4.1.2.4',
    level: 'must',
    says: 'The issuer is not an empty name.',
    find: ({ fields }) => (fields.issuer.length > 2 ? nothing : [{ field: 'issuer' }]),
  },
  {
    id: 'selfIssued',
    source: 'RFC 5280 §3.2',
    level: 'must',
    says: 'Only a root CA is its own issuer.',
    find: ({ fields, profile }) =>
      equalBytes(fields.issuer, fields.subject) === (profile.kind === 'rootCa') ? nothing : [{ field: 'issuer' }],
  },
];

/** Both ends are inclusive (RFC 5280 §4.1.2.5). */
const secondsOf = ({ fields }: Reading): number => fields.notAfter - fields.notBefore + 1;

const times = ({ fields }: Reading): readonly Finding[] => [
  { field: 'validity', found: `${fields.notBefore}–${fields.notAfter}` },
];
