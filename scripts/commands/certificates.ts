import { existsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import type { Knex } from 'knex';
import { systemClock } from '../../ca-core/clock.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { decodeGeneralNames, oids, openStore, readCertificate, type CertificateRow } from '../../ca-core/index.ts';
import { openLookUps } from '../../ca-core/store/looking-up.ts';
import { formatName } from '../../ca-core/x509/name.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { certificateFacts } from '../../ca-core/ceremony/transcript.ts';
import { withDatabase } from '../prepare.ts';
import type { Settings } from '../settings.ts';
import { answers, columns, progress, timeText, wrongUsage, type Answer, type Typed } from './command.ts';
import { folderAt } from './named-file.ts';

const states = ['good', 'revoked', 'expired'] as const;
const forms = ['pem', 'der', 'chain'] as const;
const pageSize = 500;

export function addCertificateCommands(program: Command): void {
  const certificates = program.command('certificates').description('what was issued, and how it stands');
  const find = certificates
    .command('find')
    .description('certificates with a text in serial number, case, subject or mailbox')
    .argument('[text]', 'without it, all')
    .option('--profile <name>', 'only of this profile')
    .option('--state <state>', states.join(' | '))
    .option('--last <n>', 'no more than so many', '50');
  answers(find, findSome);
  const show = certificates
    .command('show')
    .description('one certificate: what it says, its status, what was asked about it')
    .argument('<id>', 'serial number in hex, or the case');
  answers(show, (settings, { words }) => withDatabase(settings, database => showOne(database, words[0] ?? '')));
  const exporting = certificates
    .command('export')
    .description('write one certificate as a file, or to standard output')
    .argument('<id>', 'serial number in hex, or the case')
    .option('--form <form>', `${forms.join(' | ')}; chain is PEM with the CA certificates behind it`, 'pem')
    .option('--out <file>', 'a new file; der needs one');
  answers(exporting, exportOne);
}

export type State = (typeof states)[number];

interface Found {
  readonly row: CertificateRow;
  readonly subject: string;
  readonly mailboxes: readonly string[];
  readonly state: State;
}

async function findSome(settings: Settings, { options, words }: Typed): Promise<Answer> {
  const limit = Number(options.last);
  const wished = states.find(state => state === options.state);
  if (options.state !== undefined && wished === undefined) throw wrongUsage(`--state is one of ${states.join(', ')}.`);
  if (!Number.isSafeInteger(limit) || limit < 1) throw wrongUsage('--last takes a number.');
  const text = (words[0] ?? '').toLowerCase();
  return withDatabase(settings, async database => {
    const found: Found[] = [];
    for await (const one of everyCertificate(database, options.profile)) {
      if (!fits(one.row, one, text) || (wished !== undefined && one.state !== wished)) continue;
      found.push(one);
      if (found.length === limit) break;
    }
    const value = found.map(({ row, ...read }) => {
      const { serialNumber, caseId, profile, notBefore, notAfter, issuer } = row;
      return { serialNumber, caseId, profile, notBefore, notAfter, issuer, ...read };
    });
    const rows = found.map(({ row, state, subject }) => [
      row.serialNumber,
      state,
      timeText(row.notAfter),
      row.profile,
      subject,
    ]);
    return { value, lines: rows.length === 0 ? ['No certificate fits.'] : columns(rows), failed: rows.length === 0 };
  });
}

function fits(row: CertificateRow, { subject, mailboxes }: Found, text: string): boolean {
  return [row.serialNumber, row.caseId ?? '', subject, ...mailboxes].some(one => one.toLowerCase().includes(text));
}

async function* everyCertificate(database: Knex, profile: string | undefined): AsyncGenerator<Found> {
  const lookUps = openLookUps(database);
  let read = 0;
  for (let last = ''; ;) {
    const page = await lookUps.certificatesAfter(last, pageSize, profile);
    for (const row of page) yield await foundOf(database, row);
    read += page.length;
    if (read > 0 && read % 10_000 === 0) progress(`${read} certificates read …`);
    if (page.length < pageSize) return;
    last = page.at(-1)?.serialNumber ?? last;
  }
}

async function foundOf(database: Knex, row: CertificateRow): Promise<Found> {
  const status = await openStore(database).status.of(row.issuer, row.serialNumber);
  const isOver = row.notAfter < systemClock.now();
  const state = status?.status === 'revoked' ? 'revoked' : isOver ? 'expired' : 'good';
  const { subject, extensions } = readCertificate(row.certificate);
  const names = extensions.get(oids.subjectAltName);
  const mailboxes = names === undefined ? [] : decodeGeneralNames(names.value).rfc822Names;
  return { row, subject: formatName(subject), mailboxes, state };
}

/** Throws certificateUnknown. */
export async function certificateCalled(database: Knex, id: string): Promise<CertificateRow> {
  const store = openStore(database);
  const bySerial = await store.certificates.withSerialNumber(id.toLowerCase().replace(/^0x/, '').replaceAll(':', ''));
  const found = bySerial ?? (await store.certificates.ofCase(id));
  if (found === undefined) throw new PkiError('certificateUnknown', { id });
  return found;
}

async function showOne(database: Knex, id: string): Promise<Answer> {
  const store = openStore(database);
  const row = await certificateCalled(database, id);
  const { issuer, serialNumber, caseId, profile } = row;
  const found = await foundOf(database, row);
  const status = await store.status.of(issuer, serialNumber);
  const orders = await store.revocations.of(issuer, serialNumber);
  const facts = certificateFacts(readCertificate(row.certificate));
  const asked = orders.map(({ action, askedBy, state, createdAt, digest }) => ({
    action,
    askedBy,
    state,
    createdAt,
    digest,
  }));
  const value = {
    ...facts,
    profile,
    caseId,
    mailboxes: found.mailboxes,
    state: found.state,
    status: status ?? null,
    asked,
  };
  const revoked =
    status?.status === 'revoked' ? `, ${status.reason ?? 'unspecified'} since ${timeText(status.revokedAt ?? 0)}` : '';
  const lines = [
    ...columns([
      ...Object.entries(facts),
      ['profile', profile],
      ['case', caseId ?? '–'],
      ['mailbox', found.mailboxes.join(', ')],
    ]),
    `status: ${found.state}${revoked}`,
    ...asked.map(one => `asked: ${one.action} by ${one.askedBy} at ${timeText(one.createdAt)}: ${one.state}`),
  ];
  return { value, lines };
}

async function exportOne(settings: Settings, { options, words }: Typed): Promise<Answer> {
  const form = forms.find(one => one === options.form);
  const { out } = options;
  if (form === undefined) throw wrongUsage(`--form is one of ${forms.join(', ')}.`);
  if (form === 'der' && out === undefined) throw wrongUsage('--form der needs --out.');
  if (out !== undefined && existsSync(out)) throw wrongUsage(`There is a file ${out} already.`);
  if (out !== undefined) folderAt(dirname(out));
  return withDatabase(settings, async database => {
    const row = await certificateCalled(database, words[0] ?? '');
    const issuers = await openStore(database).issuers.list();
    const above = issuers.filter(one => one.id === row.issuer || one.role === 'root').reverse();
    const chain = form === 'chain' ? above.map(one => one.certificate) : [];
    const pem = [row.certificate, ...chain].map(der => encodePem('CERTIFICATE', der)).join('');
    if (out !== undefined) writeFileSync(out, form === 'der' ? row.certificate : pem, { flag: 'wx' });
    const value = { serialNumber: row.serialNumber, form, out: out ?? null, ...(form === 'der' ? {} : { pem }) };
    return { value, lines: out === undefined ? [pem.trimEnd()] : [out] };
  });
}
