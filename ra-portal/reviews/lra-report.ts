/** What an organisation's desk answers for once a year: who may do what, what was issued, how people were seen, what is open. */
import { createHash } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { inOneStep } from '../store/database.ts';
import {
  certificateFigures,
  evidenceSamples,
  methodFigures,
  openMatters,
  type CertificateFigures,
  type EvidenceSample,
  type MethodFigure,
  type OpenMatters,
} from '../store/lra-figures.ts';
import { addSignedReport, signedReport, type ReportOf, type SignedReport } from '../store/lra-reports.ts';
import { allPeople } from '../store/people.ts';
import { startOfYear } from './years.ts';

export interface ReportMember {
  readonly name: string;
  readonly mailbox: string;
  readonly since: number | null;
  /** `apply` for members one by one, `attest` lists: an account, and a key on the signed roll. */
  readonly may: readonly ('apply' | 'attest')[];
  readonly isSuspended: boolean;
}

export interface ReportFigures extends ReportOf {
  readonly members: readonly ReportMember[];
  readonly certificates: readonly CertificateFigures[];
  readonly methods: readonly MethodFigure[];
  readonly samples: readonly EvidenceSample[];
  readonly open: OpenMatters;
  /** When it was drawn up; Unix seconds. */
  readonly at: number;
}

export interface LraReport {
  readonly figures: ReportFigures;
  readonly signed: SignedReport | null;
  /** From when on it can be signed off: the year is over. Unix seconds. */
  readonly opens: number;
  readonly due: number;
  /** Name of who signed it off, while the account is there. */
  readonly signedBy: string;
}

const samples = 10;

/** Signed off it stays as it was then; before, it is drawn up anew each time. */
export async function lraReport(parts: PortalParts, about: ReportOf): Promise<LraReport> {
  const signed = await signedReport(parts.database, about);
  const figures = signed === null ? await drawUp(parts, about) : (JSON.parse(signed.figures) as ReportFigures);
  const opens = startOfYear(about.year + 1);
  const people = signed === null ? [] : await allPeople(parts.database);
  const signedBy = people.find(({ id }) => id === signed?.signedBy)?.name ?? signed?.signedBy ?? '';
  return { figures, signed, opens, due: opens + parts.policies.schedule.life.lraReport.dueAfter, signedBy };
}

async function drawUp(parts: PortalParts, about: ReportOf): Promise<ReportFigures> {
  const { database, clock } = parts;
  const now = clock.now();
  const period = { ...about, from: startOfYear(about.year), until: Math.min(now + 1, startOfYear(about.year + 1)) };
  return {
    organisation: about.organisation,
    year: about.year,
    members: await membersOf(parts, about.organisation),
    certificates: await certificateFigures(database, period),
    methods: await methodFigures(database, period),
    samples: await evidenceSamples(database, period, samples),
    open: await openMatters(database, period),
    at: now,
  };
}

async function membersOf({ database, ca }: PortalParts, organisation: string): Promise<readonly ReportMember[]> {
  const accounts = (await allPeople(database)).filter(
    one => one.organisation === organisation && one.roles.includes('lra'),
  );
  const onRoll = ((await ca.rolls.current())?.roll.members ?? []).filter(
    ({ role, organisations }) => role === 'lra' && organisations?.includes(organisation) === true,
  );
  const mailboxes = new Set([
    ...accounts.map(one => one.mailbox),
    ...onRoll.map(({ mailbox }) => mailbox.toLowerCase()),
  ]);
  return [...mailboxes].sort().map(mailbox => {
    const account = accounts.find(one => one.mailbox === mailbox);
    const member = onRoll.find(one => one.mailbox.toLowerCase() === mailbox);
    return {
      name: account?.name ?? member?.name ?? '',
      mailbox,
      since: account?.createdAt ?? null,
      may: [...(account === undefined ? [] : ['apply' as const]), ...(member === undefined ? [] : ['attest' as const])],
      isSuspended: account?.suspendedAt != null,
    };
  });
}

/**
 * The desk stands for it: who, when and the figures' hash are on record, and the figures stay as they are. Throws
 * notPermitted (another organisation's, or the year is not over), changedMeanwhile (signed off already, or the figures
 * are not those that were shown: `hash`).
 */
export async function signLraReport(
  parts: PortalParts,
  lra: Person,
  { year, remark, hash }: { readonly year: number; readonly remark: string; readonly hash: string },
): Promise<void> {
  const at = parts.clock.now();
  const { organisation } = lra;
  if (organisation === null || at < startOfYear(year + 1)) throw new PkiError('notPermitted');
  const { figures, signed } = await lraReport(parts, { organisation, year });
  if (signed !== null || reportHash(figures) !== hash) throw new PkiError('changedMeanwhile');
  const text = JSON.stringify(figures);
  const sha256 = createHash('sha256').update(text, 'utf8').digest('hex');
  await inOneStep(parts.database, async trx => {
    const report = { figures: text, hash: sha256, remark: remark.slice(0, 2_000), signedBy: lra.id, signedAt: at };
    if (!(await addSignedReport(trx, { organisation, year }, report))) throw new PkiError('changedMeanwhile');
    const event = { at, service: 'ra-portal', action: 'lraReport.signedOff', actor: lra.id, subject: organisation };
    await noteEvent(trx, { ...event, details: { year: String(year), sha256 } });
  });
}

/** Of what is shown, whenever it was drawn up. */
export function reportHash(figures: ReportFigures): string {
  return createHash('sha256')
    .update(JSON.stringify({ ...figures, at: 0 }), 'utf8')
    .digest('hex');
}
