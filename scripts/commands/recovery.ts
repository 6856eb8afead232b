import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../../ca-core/clock.ts';
import { takeMarksAway } from '../../ca-core/backup/restored-mark.ts';
import { silentLog } from '../../ca-core/log.ts';
import { recover, type RecoveryReport } from '../../ca-core/recovery/recover.ts';
import type { LostCase } from '../../ca-core/recovery/put-back-certificates.ts';
import { readCaSettings } from '../../ca-core/settings.ts';
import { decodePem } from '../../ca-core/x509/pem.ts';
import { certificatesIn } from '../verify/read-evidence.ts';
import type { Settings } from '../settings.ts';
import { answers, progress, timeText, wrongUsage, type Answer, type Typed } from './command.ts';
import { judgedLines } from './judged-again.ts';
import { folderAt, readable } from './named-file.ts';

export function addRecoverCommand(program: Command): void {
  const command = program
    .command('recover')
    .description('after a restore, with the CA core stopped: put back what CRLs, checkpoints, logs and rows still know')
    .option(
      '--crl <place>',
      'a published CRL: a file, a folder of them, or a URL; several with a comma between; none: there is none anywhere',
    )
    .option('--logs <folder>', 'a surviving copy of the `ca` folder of a home; several with a comma between')
    .option('--certificates <folder>', 'certificates (.cer, .pem) that somebody still has')
    .option('--audit <folder>', 'a kakuin audit export that is younger than the backup');
  answers(command, recovered);
}

async function recovered(settings: Settings, { options }: Typed): Promise<Answer> {
  const { certificates, audit } = options;
  const places = listOf(options.crl);
  const sources = {
    crls: (await Promise.all(places.filter(place => place !== 'none').map(crlsAt))).flat(),
    isWithoutCrl: places.includes('none'),
    logs: listOf(options.logs).map(folderAt),
    certificates:
      certificates === undefined ? [] : filesIn(folderAt(certificates), /\.(cer|crt|pem|der)$/).flatMap(certificatesOf),
    auditExport: audit === undefined ? undefined : folderAt(audit),
  };
  const startedAt = performance.now();
  const surroundings = { clock: systemClock, log: silentLog, tell: progress };
  const report = await recover(readCaSettings(settings.values), sources, surroundings);
  const rto = Math.round((performance.now() - startedAt) / 100) / 10;
  const rpo = Math.max(0, report.newestTrace - report.knownUntil);
  return {
    ...{ value: { ...report, rpo, rto }, lines: linesOf(report, { rpo, rto }), failed: report.unfinished !== '' },
    afterwards: () => takeMarksAway(settings.home),
  };
}

const listOf = (text: string | undefined): string[] => (text ?? '').split(',').filter(one => one !== '');

/** A URL, a file, or a folder with everything below it. */
async function crlsAt(place: string): Promise<Uint8Array[]> {
  if (!/^https?:\/\//.test(place)) {
    if (existsSync(place) && statSync(place).isDirectory()) return filesIn(place, /\.crl$/).map(crlIn);
    return [crlIn(readFileSync(readable(place)))];
  }
  progress(`Fetching ${place}`);
  try {
    const answer = await fetch(place, { signal: AbortSignal.timeout(60_000) });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    return [crlIn(Buffer.from(await answer.arrayBuffer()))];
  } catch (error) {
    throw wrongUsage(`${place} cannot be fetched (${error instanceof Error ? error.message : String(error)}).`);
  }
}

function filesIn(folder: string, wanted: RegExp): Buffer[] {
  const names = readdirSync(folder, { recursive: true }).map(String);
  return names.filter(name => wanted.test(name)).map(name => readFileSync(join(folder, name)));
}

/** DER as it is, the octets of PEM. */
const crlIn = (octets: Buffer): Uint8Array =>
  octets[0] === 0x30 ? new Uint8Array(octets) : decodePem(octets.toString('latin1'), ['X509 CRL']);

const certificatesOf = (octets: Buffer): Uint8Array[] =>
  certificatesIn(new Uint8Array(octets)).map(({ der }) => new Uint8Array(der));

function linesOf(report: RecoveryReport, { rpo, rto }: { readonly rpo: number; readonly rto: number }): string[] {
  const { signs, issuers, audit, crlNumbers, unfinished, knownUntil, newestTrace } = report;
  return [
    ...(signs.length === 0 ? ['Nothing said that this CA was set back.'] : signs.map(sign => `because ${sign}`)),
    ...issuers.flatMap(one => [
      `${one.name}: CRL ${one.crlNumberBefore} was known, ${one.highest === 0 ? 'none was' : `${one.highest} is`} found, ${crlNumbers[one.name] ?? 0} is the newest now`,
      `${one.name}: ${one.signed} lines of the signer log and ${one.decided} decisions from other places, ${one.rows} certificates from the database`,
      `${one.name}: ${one.revoked.length} revocations from CRLs, ${one.cases.length} certificates that the database had lost`,
      ...one.cases.map(lineOf),
      ...one.unknown.map(
        serial => `✗ ${serial}: revoked, and nothing else tells of it: whose it was stands in no place`,
      ),
    ]),
    ...judgedLines(report),
    ...(audit.putBack > 0 ? [`audit log: ${audit.putBack} events from the export`] : []),
    ...(audit.lost === undefined
      ? [`audit log: whole, ${audit.size} events`]
      : [
          `✗ audit log: events ${audit.lost.from} to ${audit.lost.to} are lost; it goes on as ${audit.origin ?? ''}, and the old checkpoints are kept beside`,
        ]),
    `known until ${timeText(knownUntil)}, newest trace of anything ${timeText(newestTrace)}`,
    `RPO ${rpo} s${issuers.some(one => one.highest === 0) ? ' or more, since no CRL tells' : ''}: what came in that time is lost where it is not named above (applications, evidence, sessions, mails)`,
    `RTO ${rto} s for the recovery`,
    unfinished === ''
      ? 'The CA core may be started.'
      : `✗ Not at its end (${unfinished}); the CA core ends it when it can.`,
  ];
}

function lineOf({ caseId, serialNumber, outcome, hasOrder, hasDelivery }: LostCase): string {
  const how = {
    recorded: 'put back as it was brought',
    signedAgain: 'signed again, the same TBSCertificate',
    gone: 'known by its number alone',
  };
  const order = hasOrder ? '' : '; its application, evidence and approvals are lost';
  const key = hasDelivery ? '' : '; a key that was made for it and not picked up is lost: revoke it and issue another';
  return `${outcome === 'gone' ? '✗' : '–'} ${caseId}  ${serialNumber}  ${how[outcome]}${order}${key}`;
}
