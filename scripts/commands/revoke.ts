import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Knex } from 'knex';
import { systemClock } from '../../ca-core/clock.ts';
import { PkiError } from '../../ca-core/errors.ts';
import {
  openStore,
  readPolicies,
  revocationReasons,
  type CertificateRow,
  type SignableDocument,
} from '../../ca-core/index.ts';
import { withDatabase } from '../prepare.ts';
import { settingOf, type Settings } from '../settings.ts';
import { certificateCalled } from './certificates.ts';
import { answers, wrongUsage, type Answer, type Typed } from './command.ts';
import { checkManyUsage, meansMany, revokeMany } from './revoke-many.ts';

export function addRevokeCommand(program: Command): void {
  const revoke = program
    .command('revoke')
    .description(
      'write the document that revokes a certificate, or many, for officers to sign at the desk; nothing else happens',
    )
    .argument('[id]', 'serial number in hex, or the case; without it, one of the four ways to choose many')
    .option('--list <file>', 'those whose serial numbers stand in the file, one a line')
    .option(
      '--key <file>',
      'those with this key: a public key, request or certificate, or the SHA-256 of the SPKI in hex',
    )
    .option('--profile <name>', 'those of this profile')
    .option('--organisation <number>', 'those of the organisation with this Corporate Number (法人番号)')
    .option('--reason <reason>', revocationReasons.join(' | '))
    .option('--invalid-since <time>', 'when the key was known, or the name was false: 2026-04-01T00:00:00Z')
    .option('--dry-run', 'of many: show which, and write nothing down')
    .option('--out <file>', 'of many: write the serial numbers into a new file')
    .option('--release', 'instead: take back a certificateHold; two officers sign');
  answers(revoke, async (settings, typed) => {
    checkUsage(typed);
    const work = meansMany(typed) ? revokeMany : writeDown;
    return withDatabase(settings, database => work(settings, database, typed));
  });
}

function checkUsage(typed: Typed): void {
  const { options, flags, words } = typed;
  const { reason, invalidSince, out } = options;
  if (meansMany(typed)) checkManyUsage(typed);
  else if (words.length === 0)
    throw wrongUsage('Name a certificate, or choose many by --list, --key, --profile or --organisation.');
  else if (flags.has('dryRun') || out !== undefined) throw wrongUsage('--dry-run and --out are for many certificates.');
  if (out !== undefined && existsSync(out)) throw wrongUsage(`There is a file ${out} already.`);
  if (flags.has('release') === (reason !== undefined)) throw wrongUsage('Say either --reason or --release.');
  if (reason !== undefined && !revocationReasons.some(one => one === reason))
    throw wrongUsage(`--reason is one of ${revocationReasons.join(', ')}.`);
  if (invalidSince !== undefined && !(Date.parse(invalidSince) / 1000 <= systemClock.now()))
    throw wrongUsage('--invalid-since takes a time in the past, such as 2026-04-01T00:00:00Z.');
}

async function writeDown(settings: Settings, database: Knex, { options, flags, words }: Typed): Promise<Answer> {
  const store = openStore(database);
  const row = await certificateCalled(database, words[0] ?? '');
  const status = await store.status.of(row.issuer, row.serialNumber);
  const isOnHold = status?.status === 'revoked' && status.reason === 'certificateHold';
  if (flags.has('release') && !isOnHold) throw new PkiError('notOnHold');
  if (!flags.has('release') && status?.status === 'revoked' && !isOnHold) throw new PkiError('alreadyRevoked');
  if (!flags.has('release')) checkReason(settings, row, options.reason ?? '');
  const at = systemClock.now();
  const document = documentOf(row, { options, flags, words }, at);
  const digest = await store.documents.put(document, at);
  const details = { digest, reason: options.reason ?? 'release' };
  const action = 'revocationDocument.made';
  await store.audit.note({ at, service: 'console', action, actor: 'operator', subject: row.serialNumber, details });
  const link = `${settingOf(settings, 'KAKUIN_APPROVAL_URL')}/documents/${digest}`;
  const officers = document.kind === 'release' ? 'Two officers sign' : 'An officer signs';
  return {
    value: { serialNumber: row.serialNumber, digest, link },
    lines: [`${officers} ${link}`, 'Until then nothing is revoked or released.'],
  };
}

function documentOf({ issuer, serialNumber }: CertificateRow, { options, flags }: Typed, at: number): SignableDocument {
  const about = { version: 1, ca: issuer, serialNumber, requestedAt: at } as const;
  const reason = revocationReasons.find(one => one === options.reason);
  if (flags.has('release') || reason === undefined) return { kind: 'release', ...about };
  const since = options.invalidSince;
  return {
    kind: 'revocation',
    ...about,
    reason,
    invalidityDate: since === undefined ? null : Math.floor(Date.parse(since) / 1000),
  };
}

function checkReason(settings: Settings, row: CertificateRow, reason: string): void {
  const profile = readPolicies(settingOf(settings, 'KAKUIN_POLICIES')).profiles.get(row.profile);
  if (profile !== undefined && !profile.revocationReasons.some(one => one === reason))
    throw new PkiError('reasonNotAllowed', { reason });
}
