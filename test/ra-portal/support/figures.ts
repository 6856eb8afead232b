/** An observation as a monitor tells it, with every kind of figure, well or not. */
import type { Observation, Reading, ReadingName } from '../../../ca-core/index.ts';

const well: readonly (readonly [ReadingName, string, number])[] = [
  ['databaseAway', '', 0],
  ...['ca-core', 'crl-publisher', 'ocsp-responder', 'ra-portal'].flatMap(
    service =>
      [
        ['serviceSilence', service, 4],
        ['serviceRed', service, 0],
      ] as const,
  ),
  ['pageAway', 'ra-portal', 0],
  ['pageAway', 'approval-desk', 0],
  ['tokenAway', 'ca-core', 0],
  ['crlNumber', 'issuing', 1_214],
  ['crlAge', 'issuing', 1_900],
  ['crlLeft', 'issuing', 257_300],
  ['crlOutside', 'issuing', 0],
  ['caCertificateOutside', 'issuing', 0],
  ['caLeft', 'issuing', 300_000_000],
  ['crlNumber', 'root', 2],
  ['rootCrlAge', 'root', 9_000_000],
  ['rootCrlLeft', 'root', 22_000_000],
  ['crlOutside', 'root', 0],
  ['caCertificateOutside', 'root', 0],
  ['ocspFault', 'issuing', 0],
  ['ocspOldest', '', 9_800],
  ['ocspLeft', '', 76_000],
  ['ocspP50', '', 0.004],
  ['ocspP95', '', 0.031],
  ['ordersWaiting', '', 3],
  ['ordersAge', '', 2],
  ['casesWaiting', '', 41],
  ['casesAge', '', 90_000],
  ['queueAge', 'revocations', 0],
  ['queueLength', 'revocations', 0],
  ['queueAge', 'letters', 12],
  ['queueLength', 'letters', 1],
  ['expiring', '90', 1_204],
  ['expiring', '60', 811],
  ['expiring', '30', 96],
  ['expiring', '7', 12],
  ['issuedToday', '', 118],
  ['revokedToday', '', 3],
  ['auditFaults', '', 0],
  ['auditVerified', '', 1_300],
  ['auditWaiting', '', 0],
  ['backupAge', '', 2_000],
  ['diskFree', 'home', 0.61],
  ['clockOffset', '', 0.004],
];

/** `changed` are the values that differ, by `name subject`. */
export function figures(at: number, changed: Readonly<Record<string, number | null>> = {}): Observation {
  const readings = well.map(([name, subject, value]): Reading => {
    const other = changed[`${name} ${subject}`.trim()];
    return { name, subject, value: other === undefined ? value : other, note: '' };
  });
  const days = Array.from({ length: 30 }, (_, ago) => {
    const day = new Date((at - (29 - ago) * 86_400) * 1000).toISOString().slice(0, 10);
    return { day, issued: (ago * 37) % 131, revoked: (ago * 11) % 13 };
  });
  return { at, readings, days };
}
