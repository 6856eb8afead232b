/** One person from application to revocation, who persists where a page does not answer. */
import { readCertificate } from '../../../ca-core/index.ts';
import { openApplicant, type Applicant, type ApplicationForm } from '../../../scripts/demo/applicant.ts';
import { codeFor } from '../../../scripts/demo/mailbox.ts';
import type { Officer } from '../../../scripts/demo/officer.ts';
import { evidenceSeen, form } from '../../../scripts/demo/story.ts';
import { settingOf } from '../../../scripts/settings.ts';
import { persist } from './persist.ts';
import type { World } from './world.ts';

export interface Issued {
  readonly caseId: string;
  readonly serialNumber: string;
  readonly applicant: Applicant;
}

/** From the form to the PKCS#12. Undefined where the one answer with the sealed key was lost on the way. */
export async function becomeSubscriber(world: World, number: number): Promise<Issued | undefined> {
  const { complaints, platform } = world;
  const own = ownForm(number);
  const applicant = await openApplicant(world.addresses.portal, own);
  // A lost answer leaves an application that nobody goes on with; the person applies again.
  const { caseId = '' } = (await persist(complaints, { what: 'apply', act: applicant.apply })) ?? {};
  const mail = settingOf(platform.settings, 'KAKUIN_MAIL').replace('folder:', '');
  const code = await codeFor(own.mailbox, mail, 90_000);
  await persist(complaints, {
    what: 'prove the mailbox',
    act: () => applicant.proveMailbox(code),
    arrived: /mailboxCodeWrong|applicationState/,
  });
  await decide(world, caseId);
  const taken = await persist(complaints, {
    what: 'pick up',
    act: applicant.pickUp,
    arrived: /alreadyPickedUp/,
  });
  if (taken === undefined) return undefined;
  const { serialNumber } = readCertificate(taken.certificate);
  return { caseId, serialNumber, applicant };
}

function ownForm(number: number): ApplicationForm {
  const keyAlgorithm = number % 4 === 0 ? 'rsa-2048' : 'p-256';
  return { ...form, mailbox: `person-${number}@kakuu-kakuin.example`, keyAlgorithm };
}

/** Both officers: evidence, the document, two signatures at the approval desk. */
async function decide(world: World, caseId: string): Promise<void> {
  const { addresses, complaints, officers } = world;
  const [first] = officers;
  const at = `${addresses.portal}/officer/cases/${caseId}`;
  const ask = (what: string, path: string, body?: object) =>
    persist(complaints, { what, act: () => first.client.json<{ location?: string }>(`${at}${path}`, body) });
  await ask('open the case', '');
  for (const evidence of evidenceSeen()) await ask('record evidence', '/evidence', evidence);
  const { location = '' } = (await ask('make the document', '/document', {})) ?? {};
  for (const officer of officers) await sign(world, officer, location);
}

/** An officer signs what the approval desk shows. */
export async function sign({ complaints }: World, officer: Officer, location: string): Promise<void> {
  await persist(complaints, {
    what: 'approve',
    act: () => officer.approve(location),
    arrived: /approvalExists|alreadyApproved|alreadySigned|documentComplete/,
  });
}
