import { join } from 'node:path';
import type { Command } from 'commander';
import { installStep } from '../../ca-core/ceremony/install.ts';
import { keepFile, keptFile } from '../../ca-core/ceremony/kept-file.ts';
import { systemClock } from '../../ca-core/clock.ts';
import { crlReasons, openStore, type CrlReason } from '../../ca-core/index.ts';
import {
  crlStep,
  crossStep,
  requestStep,
  rootHomeOf,
  rootStep,
  signStep,
  type CeremonyGround,
} from '../../ca-core/ceremony/steps.ts';
import type { Confirm } from '../../ca-core/ceremony/transcript.ts';
import type { RevokedCa } from '../../ca-core/ceremony/ca-answers.ts';
import type { RootAuthority } from '../../ca-core/ceremony/root-authority.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import {
  groundOf,
  holdWhole,
  keepSecrets,
  pinForResponder,
  putForPublisher,
  putForResponder,
  passphraseIn,
  responderKey,
  rootPassphrase,
  unattended,
  written,
} from '../ceremony.ts';
import { makeHome } from '../home.ts';
import { askYes } from '../officers-desk.ts';
import { prepare, withDatabase } from '../prepare.ts';
import { settingOf, type Settings } from '../settings.ts';
import { answers, progress, wrongUsage, type Answer, type Typed } from './command.ts';
import { folderToBe, octetsIn, readable } from './named-file.ts';

export function addCeremonyCommand(program: Command): void {
  const all = program
    .command('ceremony')
    .enablePositionalOptions()
    .description('make root CA and issuing CA by a reviewed plan: all at once, or step by step on two machines')
    .option(
      '--plan <file>',
      'a plan such as policies/ceremony.yaml; without it that one, unattended, as npm start does',
    )
    .option('--yes', 'ask nobody to confirm the steps; the transcript says so');
  answers(all, (settings, typed) =>
    typed.options.plan === undefined ? holdOnce(settings) : holdByPlan(settings, typed),
  );
  addRootCommands(all);
  answers(
    part(all, 'request', "on the CA core's machine: make the issuing CA's key and its PKCS#10", '--out <folder>'),
    askRoot,
  );
  answers(
    part(all, 'install', "on the CA core's machine: judge, pin and publish what the root signed", '--from <folder>'),
    install,
  );
}

function addRootCommands(all: Command): void {
  answers(
    part(all, 'root', "on the root's machine: make its key and certificate", '--out <folder>'),
    (settings, typed) =>
      asRoot(settings, typed, 'root', authority => Promise.resolve({ cer: authority.certificate.der })),
  );
  const sign = part(
    all,
    'sign',
    "on the root's machine: sign the issuing CA's certificate and a CRL",
    '--out <folder>',
  ).requiredOption('--request <file>', 'the PKCS#10 that ceremony request wrote');
  answers(sign, (settings, typed) => {
    const request = octetsIn(typed.options.request ?? '');
    return asRoot(settings, typed, 'sign', async (authority, ground) => {
      const made = await signStep(ground, authority, request);
      return {
        ...{ cer: made.root, crl: made.rootCrl, ocsp: made.rootAnswers },
        [`${ground.plan.issuing.name}.cer`]: made.issuing,
      };
    });
  });
  const crl = part(all, 'root-crl', "on the root's machine: sign its next CRL", '--out <folder>')
    .option('--revoke <serial>', 'first take back the CA certificate of this serial number, hex')
    .option('--reason <reason>', Object.keys(crlReasons).join(' | '), 'unspecified');
  answers(crl, (settings, typed) => {
    const revoked = revokedBy(typed);
    return asRoot(settings, typed, 'root-crl', async (authority, { transcript }) => {
      const { crl: list, answers: ocsp } = await crlStep(transcript, authority, revoked);
      return { crl: list, ocsp };
    });
  });
  const cross = part(all, 'cross', "on the old root's machine: sign a new root's key", '--out <folder>').requiredOption(
    '--certificate <file>',
    "the new root's own certificate",
  );
  answers(cross, (settings, typed) => {
    const newRoot = octetsIn(typed.options.certificate ?? '');
    return asRoot(settings, typed, 'cross', async (authority, { transcript, plan }) => ({
      [`cross-by-${plan.root.name}.cer`]: await crossStep(transcript, authority, newRoot),
    }));
  });
}

function part(all: Command, name: string, description: string, folder: string): Command {
  return all
    .command(name)
    .description(description)
    .requiredOption('--plan <file>', 'the plan that was reviewed')
    .requiredOption(folder, 'what is carried between the two machines')
    .option('--yes', 'ask nobody to confirm the steps; the transcript says so');
}

async function holdOnce(settings: Settings): Promise<Answer> {
  const said: string[] = [];
  await prepare(settings, { step: progress, tell: line => said.push(line.trim()) });
  return heldAnswer(settings, said);
}

async function holdByPlan(settings: Settings, typed: Typed): Promise<Answer> {
  const said: string[] = [];
  const ground = groundFor(settings, typed, 'all');
  await prepare(settings, { step: progress, tell: line => said.push(line.trim()) }, async store => {
    const isThere = (await store.issuers.list()).some(({ name }) => name === ground.plan.issuing.name);
    return isThere ? undefined : holdWhole(settings, ground, store);
  });
  return heldAnswer(settings, said);
}

async function heldAnswer(settings: Settings, said: readonly string[]): Promise<Answer> {
  const issuers = await withDatabase(settings, database => openStore(database).issuers.list());
  const rows = issuers.map(({ id, name, role }) => ({ id, name, role }));
  const lines = said.length > 0 ? said : ['The ceremony was held before; nothing was changed.'];
  return { value: { held: said.length > 0, issuers: rows, said }, lines };
}

type Files = Readonly<Record<string, Uint8Array | string>>;

/** What the root signs goes into --out; `cer`, `crl` and `ocsp` take the root's name. */
async function asRoot(
  settings: Settings,
  typed: Typed,
  name: string,
  work: (authority: RootAuthority, ground: CeremonyGround) => Promise<Files>,
): Promise<Answer> {
  const ground = groundFor(settings, typed, name);
  const files: Record<string, Uint8Array | string> = {};
  const transcript = await written(ground, join(rootHomeOf(ground), 'transcripts'), async () => {
    progress(`Opening the root CA (${ground.plan.root.algorithm}) …`);
    const authority = await rootStep(ground, rootPassphrase(ground));
    try {
      for (const [file, content] of Object.entries(await work(authority, ground)))
        files[file.includes('.') ? file : `${ground.plan.root.name}.${file}`] = content;
    } finally {
      await authority.close();
    }
  });
  return putAll(typed.options.out ?? '', files, transcript);
}

async function askRoot(settings: Settings, typed: Typed): Promise<Answer> {
  const ground = groundFor(settings, typed, 'request');
  makeHome(settings);
  const files: Record<string, string> = {};
  const transcript = await written(ground, join(settings.home, 'ceremony'), async () => {
    progress(`Making the issuing CA's key (${ground.plan.issuing.algorithm}) …`);
    const { request } = await requestStep(ground, passphraseIn(settingOf(settings, 'KAKUIN_PASSPHRASE_FILE')));
    files[`${ground.plan.issuing.name}.csr`] = encodePem('CERTIFICATE REQUEST', request);
  });
  return putAll(typed.options.out ?? '', files, transcript);
}

async function install(settings: Settings, typed: Typed): Promise<Answer> {
  const ground = groundFor(settings, typed, 'install');
  const from = typed.options.from ?? '';
  const { root, issuing } = ground.plan;
  const [rootDer, issuingDer, rootCrl] = [`${root.name}.cer`, `${issuing.name}.cer`, `${root.name}.crl`].map(file =>
    octetsIn(join(from, file)),
  );
  if (rootDer === undefined || issuingDer === undefined || rootCrl === undefined) throw wrongUsage(`--from ${from}`);
  const rootAnswers = keptFile(join(from, `${root.name}.ocsp`));
  const said: string[] = [];
  await prepare(settings, { step: progress, tell: line => said.push(line.trim()) }, async store => {
    const transcript = await written(ground, join(settings.home, 'ceremony'), async () => {
      const { publicKey } = await requestStep(ground, passphraseIn(settingOf(settings, 'KAKUIN_PASSPHRASE_FILE')));
      await installStep(ground, {
        ...{ root: rootDer, issuing: issuingDer, rootCrl, issuingKey: publicKey, store },
        signerPublicKey: await responderKey(settings, ground, store),
        keepSecrets: secrets => void said.push(`The operators' secrets are in ${keepSecrets(settings, secrets)}.`),
      });
      await pinForResponder(settings, ground, issuingDer);
      await putForPublisher(settings, ground, rootDer);
      if (rootAnswers !== undefined)
        await putForResponder(settings, { name: root.name, certificate: rootDer, answers: rootAnswers });
    });
    return [`The transcript is ${transcript}.`];
  });
  return heldAnswer(settings, said);
}

async function putAll(folder: string, files: Files, transcript: string): Promise<Answer> {
  for (const [name, content] of Object.entries(files)) await keepFile(join(folder, name), content);
  const names = Object.keys(files);
  const lines = [...names.map(name => join(folder, name)), `The transcript is ${transcript}.`];
  return { value: { folder, files: names, transcript }, lines };
}

function groundFor(settings: Settings, { options, flags }: Typed, name: string): CeremonyGround {
  const planFile = readable(options.plan ?? '');
  if (options.out !== undefined) folderToBe(options.out);
  const ask = flags.has('yes') ? unattended(progress) : atTheTerminal;
  if (!flags.has('yes') && !process.stdin.isTTY)
    throw wrongUsage(
      'There is nobody at the terminal to confirm the steps: say --yes to hold the ceremony unattended.',
    );
  return groundOf(settings, { planFile, part: name, confirm: ask });
}

const atTheTerminal: Confirm = async (what, facts) => {
  const lines = Object.entries(facts).map(([name, value]) => `  ${name.padEnd(28)} ${value}`);
  process.stdout.write(`\n${[what, ...lines].join('\n')}\n`);
  return askYes('Is it so? [y/N] ', new AbortController().signal);
};

function revokedBy({ options }: Typed): readonly RevokedCa[] {
  const { revoke, reason = '' } = options;
  if (!Object.hasOwn(crlReasons, reason) || reason === 'removeFromCRL')
    throw wrongUsage(`--reason is one of ${Object.keys(crlReasons).join(', ')}.`);
  if (revoke === undefined) return [];
  if (!/^[0-9a-f]{2,40}$/.test(revoke)) throw wrongUsage('--revoke takes a serial number in lower-case hex.');
  const named = reason === 'unspecified' ? null : (reason as CrlReason);
  return [{ serialNumber: revoke, reason: named, revokedAt: systemClock.now() }];
}
