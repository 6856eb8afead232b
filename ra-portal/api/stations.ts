/** Issuing stations: how one comes, and how it learns that it is on the roll. */
import { PkiError } from '../../ca-core/errors.ts';
import { z } from '../../ca-core/schema.ts';
import { pairStation } from '../people/pair-station.ts';
import { json, operation } from './operation.ts';

export const pairingPath = '/api/v1/station-pairings';

/** No character that draws nothing or turns others round: the console's operator compares these by eye. */
const plainText = z
  .string()
  .trim()
  .min(1)
  .max(255)
  .regex(/^[^\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]+$/u);

const pairing = z.strictObject({
  invitationId: z.guid().describe('Made of the one-time code.'),
  certificationRequest: z
    .string()
    .max(4096)
    .regex(/^([0-9a-f]{2})+$/)
    .describe('PKCS#10, DER, hexadecimal; a key on P-256.'),
  name: plainText,
  mailbox: plainText.regex(/^[^\s@]+@[^\s@]+$/).describe('Of whoever runs the station.'),
  mac: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('By the code: what the console believes it by.'),
});
const paired = z.strictObject({ memberId: z.string(), fingerprint: z.string() });
const station = z.strictObject({ id: z.string(), name: z.string(), mailbox: z.string() });

export const stationOperations = [
  operation({
    id: 'pairStation',
    method: 'POST',
    path: pairingPath,
    summary: 'Bring a station’s key under a one-time code',
    description: 'It counts once the console has confirmed its fingerprint and two officers have signed the roll.',
    scope: null,
    body: pairing,
    answers: { 200: paired },
    refusals: [
      ...(['pairingCodeWrong', 'pairingCodeExpired', 'pairingCodeUsed', 'enrolmentInvalid'] as const),
      ...(['csrMalformed', 'csrSignatureInvalid', 'keyUnacceptable', 'tooManyAttempts'] as const),
    ],
    run: async ({ parts, body }) => json(200, await pairStation(parts, body)),
  }),
  operation({
    id: 'getStation',
    method: 'GET',
    path: '/api/v1/station',
    summary: 'Which station of the roll this certificate’s key is',
    scope: 'tokens:write',
    answers: { 200: station },
    refusals: [],
    run: ({ person: { id, name, mailbox, roles } }) => {
      if (!roles.includes('station')) return Promise.reject(new PkiError('notPermitted'));
      return Promise.resolve(json(200, { id, name, mailbox }));
    },
  }),
];
