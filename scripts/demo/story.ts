import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingOf } from '../settings.ts';
import { openApplicant, type Applicant, type ApplicationForm } from './applicant.ts';
import { openHttpClient } from './http-client.ts';
import { codeFor } from './mailbox.ts';
import { openOfficer, type Addresses, type Officer } from './officer.ts';
import type { OwnPlatform } from './own-platform.ts';
import { openRelyingParty } from './relying-party.ts';

/** The applicant of the story; person and organisation are fictional. */
export const form: ApplicationForm = {
  profile: 'jcan-classic',
  kanjiName: '角印 花子',
  kanaName: 'カクイン ハナコ',
  romanName: 'Kakuin Hanako',
  corporateNumber: '7999901000001',
  organisationName: '株式会社架空角印',
  mailbox: 'hanako@kakuu-kakuin.example',
  delivery: 'pkcs12',
  keyAlgorithm: 'rsa-2048',
};

export const reason = 'keyCompromise';

interface Stage {
  readonly platform: OwnPlatform;
  readonly addresses: Addresses;
  readonly folder: string;
  readonly say: (line: string) => void;
}

/** Plays the whole story over HTTP and the console; leaves the files in the folder. Throws where a step fails. */
export async function playStory(platform: OwnPlatform, folder: string, say: (line: string) => void): Promise<void> {
  const addresses = {
    portal: settingOf(platform.settings, 'KAKUIN_PORTAL_URL'),
    desk: settingOf(platform.settings, 'KAKUIN_APPROVAL_URL'),
  };
  const stage = { platform, addresses, folder, say };
  const officers = await enrolOfficers(stage);
  const applicant = await openApplicant(addresses.portal, form);
  const caseId = await apply(stage, applicant);
  await approve(stage, officers, caseId);
  await pickUp(stage, applicant);
  await watchStatus(stage, applicant);
}

async function enrolOfficers({ platform, addresses, say }: Stage): Promise<readonly Officer[]> {
  const people = [
    { name: '審査 一郎', mailbox: 'ichiro@ra.example' },
    { name: '審査 二葉', mailbox: 'futaba@ra.example' },
  ];
  const officers = people.map(person => openOfficer(addresses, person));
  for (const [index, officer] of officers.entries()) {
    const link = platform.links[index] ?? '';
    const fingerprints = await officer.enrol(link);
    const invitation = new URL(link).pathname.split('/').at(-1) ?? '';
    say(`${officer.name} registers two authenticators, ${fingerprints.join(', ')}.`);
    const [answer = ''] = (await platform.console('officers', 'confirm', invitation, ...fingerprints)).split('\n');
    say(`The operator compares the fingerprints at the console: ${answer}`);
  }
  return officers;
}

async function apply({ platform, folder, say }: Stage, applicant: Applicant): Promise<string> {
  const subject = await applicant.preview();
  say(`The applicant sees the subject beforehand: ${subject}`);
  const { caseId, accessCode } = await applicant.apply();
  say(`The application is received as ${caseId}, with an ${accessCode.length}-digit code.`);
  const mail = settingOf(platform.settings, 'KAKUIN_MAIL').replace('folder:', '');
  await applicant.proveMailbox(await codeFor(form.mailbox, mail));
  say(`The mailbox ${form.mailbox} is proven with the code of the letter.`);
  writeFileSync(join(folder, 'application.json'), `${JSON.stringify({ caseId, subject, ...form }, null, 2)}\n`);
  return caseId;
}

async function approve({ addresses, say }: Stage, officers: readonly Officer[], caseId: string): Promise<void> {
  const [first, second] = officers;
  if (first === undefined || second === undefined) throw new Error('Two officers are needed.');
  const at = `${addresses.portal}/officer/cases/${caseId}`;
  await first.signIn();
  const { verdicts } = await first.client.json<{ verdicts: readonly { verdict: string }[] }>(at);
  say(`${first.name} signs in and compares the claim with the registers: ${verdicts.length} verdicts.`);
  for (const evidence of evidenceSeen()) await first.client.json(`${at}/evidence`, evidence);
  say(`${first.name} records a driving licence and a staff card, both seen in person.`);
  const { location } = await first.client.json<{ location: string }>(`${at}/document`, {});
  for (const officer of [first, second]) {
    const { signatures, needed } = await officer.approve(location);
    say(`${officer.name} reads the case at the approval desk and signs it: ${signatures} of ${needed}.`);
  }
}

/** What an officer saw of the applicant, today in Japan. */
export function evidenceSeen(): readonly object[] {
  const today = new Date(Date.now() + 9 * 3_600_000).toISOString().slice(0, 10);
  const seen = { method: 'in-person', validUntil: '', seenOn: today, result: 'accepted' };
  return [
    { ...seen, document: 'driving-licence', issuer: '東京都公安委員会', number: '012345678901' },
    { ...seen, document: 'staff-card', issuer: form.organisationName, number: 'A-0001' },
  ];
}

async function pickUp({ folder, say }: Stage, applicant: Applicant): Promise<void> {
  const { certificate, pkcs12, password } = await applicant.pickUp();
  writeFileSync(join(folder, 'subscriber.cer'), certificate);
  writeFileSync(join(folder, 'subscriber.p12'), pkcs12, { mode: 0o600 });
  writeFileSync(join(folder, 'password.txt'), `${password}\n`, { mode: 0o600 });
  say('The CA core issues; the browser opens the sealed key and makes the PKCS#12 under a password shown once.');
}

async function watchStatus({ platform, folder, say }: Stage, applicant: Applicant): Promise<void> {
  const published = settingOf(platform.settings, 'KAKUIN_CRL_URL');
  const crlUrl = `${published}/crl/issuing/0.crl`;
  const ocspUrl = `${settingOf(platform.settings, 'KAKUIN_OCSP_URL')}/`;
  const relyingParty = openRelyingParty(openHttpClient(), folder, ocspUrl);
  await relyingParty.fetch(`${published}/ca/root.cer`, 'root.cer');
  await relyingParty.fetch(`${published}/ca/issuing.cer`, 'issuing.cer');
  await relyingParty.fetch(`${published}/crl/root.crl`, 'root.crl');
  await relyingParty.fetch(crlUrl, 'before.crl');
  await relyingParty.askOcsp('good', 'good.ocsp');
  say('Anyone fetches the CA certificates and the CRL; OCSP says good.');
  await applicant.revoke(reason);
  say(`The subscriber revokes with the reason ${reason}.`);
  await relyingParty.askOcsp('revoked', 'revoked.ocsp');
  say('OCSP says revoked.');
  await relyingParty.awaitOnCrl(crlUrl, 'after.crl');
  say('A new CRL holds the certificate.');
}
