import type { Command } from 'commander';
import { systemClock } from '../../ca-core/clock.ts';
import { openStore, readPolicies, type Certificate } from '../../ca-core/index.ts';
import type { RegisterPage } from '../../ca-core/profiles/register-page.ts';
import { withDatabase } from '../prepare.ts';
import { settingOf, type Settings } from '../settings.ts';
import { certificateFrom } from '../verify/chain.ts';
import { readEvidence } from '../verify/read-evidence.ts';
import { verdictOf, type Verdict } from '../verify/verdict.ts';
import { answers, columns, progress, wrongUsage, type Answer, type Typed } from './command.ts';
import { octetsIn } from './named-file.ts';

export function addVerifyCommand(program: Command): void {
  const verify = program
    .command('verify')
    .description('judge a certificate, a signed message (CMS, S/MIME) or a PKCS#12 as a relying party does')
    .argument('<file>', 'DER or PEM; a mail; .p12')
    .option('--root <file>', "trust this root CA instead of the platform's; needs no CA here")
    .option('--issuer <file>', 'a CA certificate between, where the file does not carry it')
    .option('--crl <file>', 'ask this CRL first; several by commas or by repeating it', joined)
    .option('--content <file>', 'what a detached signature is about')
    .option('--password-file <file>', 'opens the PKCS#12')
    .option('--policy <oid>', 'demand this certificate policy')
    .option('--offline', 'ask no responder and fetch no CRL');
  answers(verify, judge);
}

/** An option that is given twice means both. */
const joined = (value: string, before?: string): string => (before === undefined ? value : `${before},${value}`);

async function judge(settings: Settings, { options, flags, words }: Typed): Promise<Answer> {
  const { passwordFile, content, crl } = options;
  const evidence = await readEvidence({
    bytes: octetsIn(words[0] ?? ''),
    password: passwordFile === undefined ? undefined : Buffer.from(octetsIn(passwordFile)).toString('utf8').trim(),
    content: content === undefined ? undefined : octetsIn(content),
  });
  const { roots, issuers } = await trusted(settings, options.root);
  const between = options.issuer === undefined ? [] : [await onlyOne(options.issuer)];
  const ground = { roots, others: [...evidence.others, ...issuers, ...between], at: systemClock.now() };
  const crls = (crl ?? '').split(',').filter(Boolean).map(octetsIn);
  const network = flags.has('offline') ? ('offline' as const) : ('online' as const);
  const policies = readPolicies(settingOf(settings, 'KAKUIN_POLICIES'));
  const verdicts: Verdict[] = [];
  for (const subject of evidence.subjects)
    verdicts.push(await verdictOf(subject, { ...ground, crls, network, policy: options.policy, policies, progress }));
  const holds = evidence.faults.length === 0 && verdicts.length > 0 && verdicts.every(one => one.holds);
  const lines = [
    `file: ${kinds[evidence.kind]}`,
    ...evidence.faults.map(fault => `✗ ${fault}`),
    ...(evidence.kind === 'message' && evidence.faults.length === 0 ? ['✓ the signature holds'] : []),
    ...verdicts.flatMap(linesOf),
    holds ? 'It holds.' : 'It does not hold.',
  ];
  const value = { holds, kind: evidence.kind, faults: evidence.faults, certificates: verdicts };
  return { value, lines, failed: !holds };
}

const kinds = { certificate: 'a certificate', message: 'a signed message', pkcs12: 'a PKCS#12' } as const;

function linesOf({ facts, mailboxes, policies, profiles, register, standings, faults, anchor }: Verdict): string[] {
  return [
    ...columns([
      ...Object.entries(facts),
      ['mailbox', mailboxes.join(', ') || '–'],
      ['policies', `${policies.join(', ') || '–'}${profiles.length > 0 ? ` (${profiles.join(', ')})` : ''}`],
      ['register', pageText(register)],
    ]),
    ...(anchor === null ? [] : [`✓ chain to ${anchor}`]),
    ...standings
      .filter(({ status }) => status === 'good')
      .map(one => `✓ ${one.serialNumber} is good (${one.by}, ${one.detail})`),
    ...faults.map(fault => `✗ ${fault}`),
  ];
}

function pageText(page: RegisterPage): string {
  switch (page.kind) {
    case 'page':
      return page.url;
    case 'number':
      return `number ${page.number}; the certificate names no page`;
    case 'foreign':
      return `${page.text} – do not open`;
    case 'none':
      return 'the certificate names none';
  }
}

async function trusted(settings: Settings, root: string | undefined) {
  if (root !== undefined) return { roots: [await onlyOne(root)], issuers: [] };
  return withDatabase(settings, async database => {
    const store = openStore(database);
    const rows = await store.issuers.list();
    const of = (role: string): Certificate[] =>
      rows.filter(one => one.role === role).map(one => certificateFrom(one.certificate));
    const crosses = (await store.crossCertificates.list()).map(one => certificateFrom(one.certificate));
    return { roots: of('root'), issuers: [...of('issuing'), ...crosses] };
  });
}

async function onlyOne(file: string): Promise<Certificate> {
  const { subjects } = await readEvidence({ bytes: octetsIn(file), password: undefined, content: undefined });
  const [only] = subjects;
  if (only === undefined) throw wrongUsage(`${file} holds no certificate.`);
  return only;
}
