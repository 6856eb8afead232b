/** The figures of the operators' page, in the order in which they are looked at. */
import type { JudgedReading, Picture, ReadingName } from '../../ca-core/index.ts';
import type { Language } from '../words/language.ts';
import { isWordKey, say } from '../words/words.ts';

export const groupNames = ['running', 'crls', 'ocsp', 'waiting', 'certificates', 'keeping'] as const;
export type GroupName = (typeof groupNames)[number];

const groups: Readonly<Record<GroupName, readonly ReadingName[]>> = {
  running: ['monitorSilence', 'databaseAway', 'serviceSilence', 'serviceRed', 'pageAway', 'tokenAway'],
  crls: [
    ...(['crlNumber', 'crlAge', 'crlLeft', 'rootCrlAge', 'rootCrlLeft'] as const),
    ...(['crlOutside', 'caCertificateOutside', 'caLeft'] as const),
  ],
  ocsp: ['ocspFault', 'ocspOldest', 'ocspLeft', 'ocspP50', 'ocspP95'],
  waiting: ['ordersWaiting', 'ordersAge', 'casesWaiting', 'casesAge', 'queueAge', 'queueLength'],
  certificates: ['expiring', 'issuedToday', 'revokedToday'],
  keeping: ['auditFaults', 'auditVerified', 'auditWaiting', 'backupAge', 'diskFree', 'clockOffset'],
};

export interface Group {
  readonly name: GroupName;
  readonly readings: readonly JudgedReading[];
}

/** By issuer within the CRLs, by service within what runs: what belongs together stands together. */
export function groupsOf({ readings }: Picture): readonly Group[] {
  return groupNames.map(name => ({
    name,
    readings: readings.filter(one => groups[name].includes(one.name)).sort((one, other) => order(one, other, name)),
  }));
}

const order = (one: JudgedReading, other: JudgedReading, group: GroupName): number =>
  group === 'crls' && one.subject !== other.subject
    ? one.subject.localeCompare(other.subject)
    : groups[group].indexOf(one.name) - groups[group].indexOf(other.name);

/** Red before amber. */
export const troubleIn = ({ readings }: Picture): readonly JudgedReading[] =>
  (['red', 'amber'] as const).flatMap(light => readings.filter(one => one.light === light));

/** What is called by a word of ours in that language; services, issuers and the like by their own name. */
export function subjectName(subject: string, language: Language): string {
  const key = `operations.subject.${subject}`;
  return isWordKey(key) ? say(language, key) : subject;
}
