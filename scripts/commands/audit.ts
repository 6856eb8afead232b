import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { readCheckpoint } from '../../ca-core/audit/checkpoint.ts';
import { openCheckpointFiles } from '../../ca-core/audit/checkpoint-files.ts';
import { checkpointsIn, exportAuditLog, exportedCheckpoints, exportedLines } from '../../ca-core/audit/export.ts';
import { encodeInclusionProof, readInclusionProof, verifyInclusionProof } from '../../ca-core/audit/inclusion-proof.ts';
import { judgeAuditLog, type AuditLine, type AuditVerdict, type CheckpointSource } from '../../ca-core/audit/judge.ts';
import type { AuditEvent } from '../../ca-core/audit/leaf.ts';
import { keyOf, liveLog, storedLines } from '../../ca-core/audit/live-log.ts';
import { eventOf, isAbout, proveEvents, proveGrowth } from '../../ca-core/audit/prove.ts';
import { readNoteKey } from '../../ca-core/audit/signed-note.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { openStore } from '../../ca-core/index.ts';
import { withDatabase } from '../prepare.ts';
import type { Settings } from '../settings.ts';
import { addAuditSampleCommand } from './audit-sample.ts';
import { answers, progress, timeText, wrongUsage, type Answer, type Typed } from './command.ts';
import { folderAt, folderToBe, readable, textIn } from './named-file.ts';

export function addAuditCommands(program: Command): void {
  const audit = program.command('audit').description('the log of who did what: a Merkle tree (RFC 6962), signed');
  const verify = audit
    .command('verify')
    .description('judge the whole log, of this home or as exported, or one proof of an event')
    .option('--dir <folder>', 'an export; needs --key, and neither database nor home')
    .option('--key <file>', 'the public key that signs the checkpoints, got from where you trust it')
    .option('--checkpoint <file>', 'checkpoints kept elsewhere, which must be of the same history')
    .option('--proof <file>', 'a .tlog-proof; needs --key');
  answers(verify, (settings, typed) =>
    typed.options.proof === undefined ? judge(settings, typed) : checkProof(typed),
  );
  const exported = audit
    .command('export')
    .description('write leaves, checkpoints and public key as files for whoever wants to judge them')
    .requiredOption('--out <folder>', 'a new or empty folder');
  answers(exported, exportLog);
  const prove = audit
    .command('prove')
    .description('prove that events are in the log, or that the log only grew')
    .option('--subject <id>', 'a case, serial number, member or document')
    .option('--since <file>', 'an older checkpoint')
    .option('--out <folder>', 'where each event’s .tlog-proof goes');
  answers(prove, (settings, typed) => (typed.options.since === undefined ? proveSubject : proveSince)(settings, typed));
  const show = audit
    .command('show')
    .description('the events, oldest first')
    .option('--subject <id>', 'only about this case, serial number, member or document')
    .option('--last <n>', 'only so many', '50')
    .option('--dir <folder>', 'of an export');
  answers(show, showEvents);
  addAuditSampleCommand(audit);
}

async function judge(settings: Settings, { options }: Typed): Promise<Answer> {
  const { dir, checkpoint } = options;
  const further: CheckpointSource[] =
    checkpoint === undefined
      ? []
      : [{ kept: 'elsewhere', place: checkpoint, notes: checkpointsIn(readable(checkpoint)) }];
  if (dir !== undefined) {
    const sources = [exportedCheckpoints(folderAt(dir)), ...further];
    const verdict = await judgeAuditLog({ lines: told(exportedLines(dir)), sources, key: keyFrom(options.key) });
    return answerOf(verdict, 'files');
  }
  return withAuditLog(settings, async (store, folder) => {
    const log = liveLog(store, { folder, copy: settings.values.KAKUIN_AUDIT_COPY });
    if (log === undefined) return notBegun(await store.size());
    return answerOf(
      await judgeAuditLog({ ...log, lines: told(log.lines), sources: [...log.sources, ...further] }),
      'home',
    );
  });
}

function notBegun(size: number): Answer {
  const holds = size === 0;
  const line = holds
    ? 'The CA core has not begun its log yet.'
    : '✗ The log has leaves, and its checkpoints and key are gone.';
  return { value: { holds, size }, lines: [line], failed: !holds };
}

function answerOf({ newest, size, root, checkpoints, uncovered, faults }: AuditVerdict, of: 'files' | 'home'): Answer {
  // An export ends at its newest checkpoint; a home goes on while it is read.
  const further =
    of === 'files' && uncovered > 0 ? [`${uncovered} leaves after the newest checkpoint, which nobody signed`] : [];
  const sentences = [...faults.map(({ sentence }) => sentence), ...further];
  const holds = sentences.length === 0;
  const lines = [
    `events:      ${size}`,
    `root:        ${root}`,
    `checkpoints: ${checkpoints}, the newest of ${newest?.size ?? 0} events by ${newest?.origin ?? 'nobody'}`,
    ...(uncovered > 0 ? [`after it:    ${uncovered} events, not signed yet`] : []),
    ...sentences.map(sentence => `✗ ${sentence}`),
    holds ? 'The audit log holds.' : 'The audit log does not hold.',
  ];
  return {
    value: { holds, size, root, newest: newest ?? null, checkpoints, uncovered, faults },
    lines,
    failed: !holds,
  };
}

function checkProof({ options }: Typed): Promise<Answer> {
  const proof = readInclusionProof(textIn(options.proof ?? ''));
  const { event, index, checkpoint } = verifyInclusionProof(proof, keyFrom(options.key));
  const line = `It is event ${index} of the ${checkpoint.size} that ${checkpoint.origin} signed.`;
  return Promise.resolve({ value: { holds: true, index, event, checkpoint }, lines: [eventLine(index, event), line] });
}

function exportLog(settings: Settings, { options }: Typed): Promise<Answer> {
  const out = folderToBe(options.out ?? '');
  return withAuditLog(settings, async (store, folder) => {
    const checkpoint = await exportAuditLog(store, folder, out);
    const lines = [
      `${checkpoint.size} events in ${out}, as ${checkpoint.origin} signed them.`,
      'Whoever judges them should have audit.vkey by another way: npm run kakuin -- audit verify --dir … --key …',
    ];
    return { value: { out, ...checkpoint }, lines };
  });
}

function proveSubject(settings: Settings, { options }: Typed): Promise<Answer> {
  const { subject, out } = options;
  if (subject === undefined) throw wrongUsage('Say --subject or --since.');
  return withAuditLog(settings, async (store, folder) => {
    const proofs = await proveEvents({ lines: storedLines(store), ...signedBy(folder) }, subject);
    const texts = proofs.map(proof => ({ index: proof.index, text: encodeInclusionProof(proof) }));
    if (out !== undefined) mkdirSync(out, { recursive: true });
    if (out !== undefined) texts.forEach(({ index, text }) => writeFileSync(join(out, `${index}.tlog-proof`), text));
    const told =
      out === undefined
        ? texts.map(({ text }) => text)
        : proofs.map(({ index, leaf }) => eventLine(index, eventOf(leaf)));
    const lines = proofs.length === 0 ? [`No event about ${subject} is under a checkpoint.`] : told;
    const value = proofs.map(({ index, leaf }, at) => ({ index, event: eventOf(leaf), proof: texts[at]?.text }));
    return { value, lines, failed: proofs.length === 0 };
  });
}

function proveSince(settings: Settings, { options }: Typed): Promise<Answer> {
  const since = textIn(options.since ?? '');
  return withAuditLog(settings, async (store, folder) => {
    const { key, note } = signedBy(folder);
    const older = readCheckpoint(since, key);
    const newer = readCheckpoint(note, key);
    const proof = await proveGrowth({ lines: storedLines(store), key, note }, older);
    const hashes = proof.map(hash => Buffer.from(hash).toString('base64'));
    const line = `The log of ${newer.size} events is that of ${older.size} with events appended:`;
    return { value: { older, newer, proof: hashes, note }, lines: [line, ...hashes] };
  });
}

function showEvents(settings: Settings, { options }: Typed): Promise<Answer> {
  const { dir, subject, last } = options;
  const limit = Number(last);
  if (!/^[1-9]\d{0,8}$/.test(last ?? '')) throw wrongUsage('--last takes a whole number.');
  if (dir !== undefined) return eventsIn(exportedLines(folderAt(dir)), subject, limit);
  return withAuditLog(settings, store => eventsIn(storedLines(store), subject, limit));
}

async function eventsIn(lines: AsyncIterable<AuditLine>, subject: string | undefined, limit: number): Promise<Answer> {
  const shown: { readonly seq: number; readonly event: AuditEvent | undefined }[] = [];
  for await (const { seq, leaf } of lines) {
    const event = eventOf(leaf);
    if (subject !== undefined && (event === undefined || !isAbout(event, subject))) continue;
    shown.push({ seq, event });
    if (shown.length > limit) shown.shift();
  }
  const told = shown.map(({ seq, event }) => eventLine(seq, event));
  return {
    value: shown.map(({ seq, event }) => ({ seq, ...event })),
    lines: told.length === 0 ? ['No events.'] : told,
  };
}

function eventLine(seq: number, event: AuditEvent | undefined): string {
  if (event === undefined) return `${seq}  unreadable`;
  const details = Object.entries(event.details).map(([name, value]) => `${name}=${value}`);
  return [seq, timeText(event.at), event.service, event.action, event.actor, event.subject, ...details].join('  ');
}

/** A long log says how far it is, to people at a terminal. */
async function* told(lines: AsyncIterable<AuditLine>): AsyncGenerator<AuditLine> {
  let read = 0;
  for await (const line of lines) {
    yield line;
    read += 1;
    if (read % 100_000 === 0) progress(`${read} events read …`);
  }
}

type AuditWork = (store: ReturnType<typeof openStore>['audit'], folder: string) => Promise<Answer>;

function withAuditLog(settings: Settings, work: AuditWork): Promise<Answer> {
  return withDatabase(settings, database => work(openStore(database).audit, join(settings.home, 'ca', 'audit')));
}

function signedBy(folder: string) {
  const files = openCheckpointFiles(folder);
  const key = keyOf(files);
  const note = files.newest();
  if (key === undefined || note === undefined)
    throw new PkiError('settingsInvalid', {
      mistakes: ['There is no checkpoint in this home yet: the CA core signs the first one when it runs.'],
    });
  return { key, note };
}

function keyFrom(file: string | undefined) {
  if (file === undefined) throw wrongUsage('Say --key: the file with the public key.');
  return readNoteKey(textIn(file));
}
