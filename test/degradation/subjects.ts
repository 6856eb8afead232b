/** The cases that a failure meets: one to be applied for, one to be approved, one to be issued, one to be picked up and revoked. */
import { setTimeout as pause } from 'node:timers/promises';
import { openStore } from '../../ca-core/index.ts';
import { openApplicant, type Applicant } from '../../scripts/demo/applicant.ts';
import { evidenceSeen, form } from '../../scripts/demo/story.ts';
import type { DegradableWorld } from './a-world.ts';

export interface Subject {
  readonly caseId: string;
  readonly mailbox: string;
  readonly applicant: Applicant;
  /** Of the document at the approval desk. */
  readonly location: string;
}

let drawn = 0;

export async function anApplicant({ addresses }: DegradableWorld): Promise<{ mailbox: string; applicant: Applicant }> {
  const mailbox = `person-${++drawn}@kakuu-kakuin.example`;
  return { mailbox, applicant: await openApplicant(addresses.portal, { ...form, mailbox, keyAlgorithm: 'p-256' }) };
}

/** Applied, proven, seen, and signed by the first officer. */
export async function aSubject(world: DegradableWorld): Promise<Subject> {
  const { mailbox, applicant } = await anApplicant(world);
  const { caseId } = await applicant.apply();
  await applicant.proveMailbox(await codeTo(world, mailbox));
  const [first] = world.officers;
  const at = `${world.addresses.portal}/officer/cases/${caseId}`;
  await first.client.json(at);
  for (const evidence of evidenceSeen()) await first.client.json(`${at}/evidence`, evidence);
  const { location } = await first.client.json<{ location: string }>(`${at}/document`, {});
  await first.approve(location);
  return { caseId, mailbox, applicant, location };
}

/** The code of the letter. Throws when none comes within half a minute. */
export async function codeTo(world: DegradableWorld, mailbox: string): Promise<string> {
  for (let tries = 0; tries < 300; tries++) {
    const code = letterTo(world, mailbox);
    if (code !== undefined) return code;
    await pause(100);
  }
  throw new Error(`no letter came to ${mailbox}`);
}

export function letterTo({ mail }: DegradableWorld, mailbox: string): string | undefined {
  const letter = mail.received.find(text => text.includes(`To: ${mailbox}`));
  const body = Buffer.from(letter?.split('\n\n')[1] ?? '', 'base64').toString('utf8');
  return /\/mailbox#(\S+)/.exec(body)?.[1];
}

export async function serialOf({ database }: DegradableWorld, { caseId }: Subject): Promise<string | undefined> {
  return (await openStore(database).certificates.ofCase(caseId))?.serialNumber;
}
