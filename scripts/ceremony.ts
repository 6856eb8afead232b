/** The key ceremony as this machine can hold it: the plan, the places, the people at the terminal. */
import { createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { holdCeremony, isCeremonyHeld } from '../ca-core/ceremony.ts';
import { keepFile } from '../ca-core/ceremony/kept-file.ts';
import type { OperatorSecret } from '../ca-core/ceremony/install.ts';
import { readCeremonyPlan } from '../ca-core/ceremony/plan.ts';
import { rootHomeOf, type CeremonyGround } from '../ca-core/ceremony/steps.ts';
import { fingerprint, openTranscript, type Confirm } from '../ca-core/ceremony/transcript.ts';
import { systemClock } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import { readPolicies, toHex, type Store } from '../ca-core/index.ts';
import { projectRoot } from '../ca-core/project-root.ts';
import { firstResponderKey } from '../ocsp-responder/keys.ts';
import { makeFolder, makePassphrase } from './home.ts';
import { environmentOf, settingOf, type Settings } from './settings.ts';

export interface CeremonyWish {
  readonly planFile: string;
  /** Which part is held here, for the transcript. */
  readonly part: string;
  readonly confirm: Confirm;
}

/** Nobody is asked; each step is told. */
export function unattended(say: (line: string) => void): Confirm {
  return (what, facts) => {
    say([what, facts['SHA-256 of the certificate']].filter(Boolean).join(': SHA-256 '));
    return Promise.resolve(undefined);
  };
}

/** Holds the ceremony of policies/ceremony.yaml in a home that has none yet. What it said, or undefined where it was held before. */
export async function ceremony(settings: Settings, store: Store): Promise<readonly string[] | undefined> {
  if (await isCeremonyHeld(store)) return undefined;
  const lines: string[] = [];
  const planFile = join(settingOf(settings, 'KAKUIN_POLICIES'), 'ceremony.yaml');
  const ground = groundOf(settings, { planFile, part: 'all', confirm: unattended(line => lines.push(line)) });
  return [...lines, ...(await holdWhole(settings, ground, store))];
}

/** The whole ceremony, and its transcript. What is to be told at its end. */
export async function holdWhole(settings: Settings, ground: CeremonyGround, store: Store): Promise<readonly string[]> {
  const { issuing } = ground.plan;
  const told: string[] = [];
  const transcript = await written(ground, join(settings.home, 'ceremony'), async () => {
    const held = await holdCeremony({
      ground,
      store,
      rootPassphrase: rootPassphrase(ground),
      caPassphrase: passphraseIn(settingOf(settings, 'KAKUIN_PASSPHRASE_FILE')),
      signerPublicKey: await responderKey(settings, ground, store),
      keepSecrets: secrets => {
        const folder = keepSecrets(settings, secrets);
        told.push(`The operators' secrets are in ${folder}: give each to one person, then delete the files.`);
      },
    });
    await pinForResponder(settings, ground, held.issuing);
    await putForPublisher(settings, ground, held.root);
    const { root, rootAnswers } = held;
    await putForResponder(settings, { name: ground.plan.root.name, certificate: root, answers: rootAnswers });
  });
  return [...told, `The transcript of ${issuing.name} is ${transcript}: print it, let everybody sign it.`];
}

/** Reads the plan, with all its mistakes at once, before anything is made. */
export function groundOf(settings: Settings, { planFile, part, confirm }: CeremonyWish): CeremonyGround {
  const text = readFileSync(planFile, 'utf8');
  const policies = readPolicies(settingOf(settings, 'KAKUIN_POLICIES'));
  const plan = readCeremonyPlan(text, policies);
  const { title, operators, witnesses } = plan;
  const head = { title, part, operators, witnesses, plan: fingerprint(Buffer.from(text)), tools: tools() };
  const crlUrl = plan.crlUrl === 'setting' ? settingOf(settings, 'KAKUIN_CRL_URL') : plan.crlUrl;
  return {
    plan,
    home: settings.home,
    crlUrl,
    caKeys: settingOf(settings, 'KAKUIN_CA_KEYS'),
    policies,
    clock: systemClock,
    transcript: openTranscript(head, systemClock, confirm),
  };
}

/** Does the work and writes the transcript, also of one that was broken off. The text's path. */
export async function written(ground: CeremonyGround, folder: string, work: () => Promise<void>): Promise<string> {
  try {
    await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    await ground.transcript.close(folder, `broken off: ${reason}`);
    throw error;
  }
  return (await ground.transcript.close(folder)).text;
}

/** The root's passphrase; its file is made where there is none, for key files only. */
export function rootPassphrase(ground: CeremonyGround): string {
  const { keys, passphraseFile } = ground.plan.root;
  if (keys.startsWith('pkcs11:')) return '';
  const home = rootHomeOf(ground);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const file = isAbsolute(passphraseFile) ? passphraseFile : join(home, passphraseFile);
  makePassphrase(file);
  return passphraseIn(file);
}

/** The key to pin for this issuing CA: made in the responder's home for the first time, or as somebody brought it. */
export async function responderKey(settings: Settings, { plan }: CeremonyGround, store: Store): Promise<string> {
  const { responderKey: wish, name } = plan.issuing;
  if (wish !== 'here') return publicKeyIn(wish);
  const own = environmentOf(settings, 'ocsp-responder');
  const [passphraseFile, keys] = [own.KAKUIN_PASSPHRASE_FILE ?? '', own.KAKUIN_OCSP_KEYS];
  const home = join(settings.home, 'responder');
  const others = (await store.issuers.list()).filter(one => one.role === 'issuing' && one.name !== name);
  const folder = others.length === 0 ? home : join(home, 'issuers', name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return toHex(await firstResponderKey({ home, folder, passphraseFile, keys }));
}

/** A further CA's certificate goes into the folder of its key; the first is learnt by the responder itself. */
export async function pinForResponder(
  settings: Settings,
  { plan }: CeremonyGround,
  issuing: Uint8Array,
): Promise<void> {
  const folder = join(settings.home, 'responder', 'issuers', plan.issuing.name);
  if (existsSync(folder)) await keepFile(join(folder, 'issuer.cer'), issuing);
}

/** The publisher believes no root that only the database names: its certificate goes to where it will be published. */
export async function putForPublisher(settings: Settings, { plan }: CeremonyGround, root: Uint8Array): Promise<void> {
  const file = join(settings.home, 'crl', 'ca', `${plan.root.name}.cer`);
  if (!existsSync(file)) await keepFile(file, root);
}

export interface RootAnswers {
  /** The root's. */
  readonly name: string;
  readonly certificate: Uint8Array;
  /** As the root signed them, in a bundle. */
  readonly answers: Uint8Array;
}

/** What the root says by OCSP of its CA certificates; the responder holds it to the certificate beside. */
export async function putForResponder(settings: Settings, { name, certificate, answers }: RootAnswers): Promise<void> {
  const folder = join(settings.home, 'responder', 'roots');
  await keepFile(join(folder, `${name}.cer`), certificate);
  await keepFile(join(folder, `${name}.ocsp`), answers);
}

function publicKeyIn(file: string): string {
  try {
    return createPublicKey(readFileSync(file)).export({ format: 'der', type: 'spki' }).toString('hex');
  } catch {
    throw new PkiError('settingsInvalid', { mistakes: [`${file} (issuing.responderKey) holds no public key.`] });
  }
}

/** In files and not on the screen: what is printed ends in somebody's log. */
export function keepSecrets(settings: Settings, secrets: readonly OperatorSecret[]): string {
  const folder = join(settings.home, 'operators');
  makeFolder(folder);
  for (const { name, secret } of secrets) writeFileSync(join(folder, name), `${secret}\n`, { mode: 0o600 });
  return folder;
}

export function passphraseIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new PkiError('settingsInvalid', { mistakes: [`The passphrase file ${file} cannot be read.`] });
  }
}

function tools(): Record<string, string> {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string };
  const { node, openssl } = process.versions;
  return { kakuin: version, node: node, openssl, platform: `${process.platform} ${process.arch}` };
}
