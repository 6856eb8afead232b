/** `kakuin bulk submit|status|rerun|collect`: jobs of the portal, for HR systems and long lists. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import { settingOf, type Settings } from '../settings.ts';
import { answers, progress, wrongUsage, type Answer, type Typed } from './command.ts';
import { folderToBe, octetsIn } from './named-file.ts';
import { openPortalClient, PortalRefusal, type PortalClient } from './portal-client.ts';

interface JobStatus {
  readonly job: string;
  readonly state: string;
  readonly rows: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly done: number;
  readonly perMinute: number | null;
  readonly secondsLeft: number | null;
  readonly attestAt: string | null;
}

/** Adds to `kakuin bulk`, which others may have begun. */
export function addBulkJobCommands(program: Command): void {
  const bulk =
    program.commands.find(command => command.name() === 'bulk') ??
    program.command('bulk').description('certificates for many people, from one table');
  const submitting = overApi(bulk, 'submit')
    .description('submit a table as a job: whole or not at all, and the same file never twice')
    .argument('<file>', '.csv, .tsv or .xlsx')
    .requiredOption('--profile <name>', 'kind of certificate')
    .requiredOption('--keeper <id or name>', 'who keeps the passwords')
    .option('--key <algorithm>', 'kind of key', 'rsa-2048')
    .addOption(new Option('--delivery <how>', 'who gets the files').choices(['person', 'package']).default('package'))
    .option('--seen-document <id>', 'of everybody, where the table has no column for it')
    .option('--seen-method <id>', 'how it was seen')
    .option('--seen-on <date>', 'yyyy-mm-dd');
  answers(submitting, (settings, typed) => refusing(() => submit(clientFor(settings, typed), typed)));
  const looking = overApi(bulk, 'status')
    .description('how far a job is; ends with 1 where rows failed')
    .argument('<job>', 'its number')
    .option('--wait', 'until nothing more happens by itself');
  answers(looking, (settings, typed) => refusing(() => status(clientFor(settings, typed), typed)));
  const again = overApi(bulk, 'rerun')
    .description('run the failed rows again, with new documents and new signatures')
    .argument('<job>', 'its number');
  answers(again, (settings, typed) => refusing(() => rerun(clientFor(settings, typed), typed)));
  const collecting = overApi(bulk, 'collect')
    .description('take the .p12 files of a finished job; their passwords are with their keeper')
    .argument('<job>', 'its number')
    .requiredOption('--to <folder>', 'made where there is none');
  answers(collecting, (settings, typed) => refusing(() => collect(clientFor(settings, typed), typed)));
}

const overApi = (bulk: Command, name: string): Command =>
  bulk
    .command(name)
    .requiredOption('--token-file <file>', 'a token of the LRA, made on the portal’s account page')
    .option('--portal <url>', 'the portal’s address; KAKUIN_PORTAL_URL where it is left out');

const clientFor = (settings: Settings, { options }: Typed): PortalClient =>
  openPortalClient(options['portal'] ?? settingOf(settings, 'KAKUIN_PORTAL_URL'), options['tokenFile'] ?? '');

/** What the portal refuses is an answer: exit code 1, and its code for programs. */
async function refusing(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PortalRefusal)) throw error;
    return { value: { refused: error.code, sentence: error.message }, lines: [error.message], failed: true };
  }
}

async function submit(client: PortalClient, { options, words }: Typed): Promise<Answer> {
  const [file = ''] = words;
  const octets = octetsIn(file);
  const query = new URLSearchParams({
    profile: options['profile'] ?? '',
    keyAlgorithm: options['key'] ?? '',
    delivery: options['delivery'] ?? '',
    custodian: await keeperIn(client, options['keeper'] ?? ''),
    name: basename(file),
  });
  const said = { identityDocument: 'seenDocument', identityMethod: 'seenMethod', identitySeenOn: 'seenOn' } as const;
  for (const [name, option] of Object.entries(said)) {
    const value = options[option];
    if (value !== undefined) query.set(name, value);
  }
  const made = await client.send<{ job: string; rows: number }>(`/bulk/jobs?${query.toString()}`, octets);
  return {
    value: made,
    lines: [`${made.job}: ${made.rows} rows taken in. The LRA attests them at the approval desk.`],
  };
}

/** By id or by name, when there is one of that name. */
async function keeperIn(client: PortalClient, wanted: string): Promise<string> {
  const { custodians } = await client.get<{ custodians: { id: string; name: string }[] }>('/bulk/custodians');
  const found = custodians.filter(({ id, name }) => id === wanted || name === wanted);
  const [only] = found;
  if (only === undefined || found.length > 1) {
    const known = custodians.map(({ id, name }) => `${name} (${id})`).join(', ');
    throw wrongUsage(`Nobody, or more than one, keeps passwords as ${wanted}. Known: ${known || 'nobody'}.`);
  }
  return only.id;
}

const jobPath = ({ words }: Typed): string => `/bulk/jobs/${encodeURIComponent(words[0] ?? '')}`;
const resting = ['awaitingAttestation', 'awaitingApproval', 'paused', 'finished', 'cancelled'];

async function status(client: PortalClient, typed: Typed): Promise<Answer> {
  let now = await client.get<JobStatus>(jobPath(typed));
  while (typed.flags.has('wait') && !resting.includes(now.state)) {
    progress(lineOf(now));
    await pause(2_000);
    now = await client.get<JobStatus>(jobPath(typed));
  }
  const attest = now.attestAt === null ? [] : [`To attest: ${now.attestAt}`];
  return { value: now, lines: [lineOf(now), ...attest], failed: (now.counts['failed'] ?? 0) > 0 };
}

function lineOf({ job, state, rows, done, counts, perMinute, secondsLeft }: JobStatus): string {
  const parts = Object.entries(counts).flatMap(([name, count]) => (count === 0 ? [] : [`${count} ${name}`]));
  const rate = perMinute === null ? '' : `, ${perMinute} a minute`;
  const left = secondsLeft === null ? '' : `, ${Math.ceil(secondsLeft / 60)} min left`;
  return `${job} ${state}: ${done}/${rows}${rate}${left} (${parts.join(', ')})`;
}

async function rerun(client: PortalClient, typed: Typed): Promise<Answer> {
  await client.post(`${jobPath(typed)}/rerun`);
  return status(client, typed);
}

interface Collected {
  readonly files: readonly { readonly row: number; readonly fileName: string; readonly pkcs12: string }[];
  readonly after: number | null;
}

async function collect(client: PortalClient, typed: Typed): Promise<Answer> {
  const folder = folderToBe(typed.options['to'] ?? '');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const names: string[] = [];
  for (let after: number | null = 0; after !== null;) {
    const part: Collected = await client.post<Collected>(`${jobPath(typed)}/files`, { after });
    for (const { fileName, pkcs12 } of part.files) {
      writeFileSync(join(folder, basename(fileName)), Buffer.from(pkcs12, 'base64'), { mode: 0o600 });
      names.push(fileName);
    }
    after = part.after;
    progress(`${names.length} files`);
  }
  const lines = [`${names.length} files in ${folder}. Their passwords are with their keeper.`];
  return { value: { folder, files: names }, lines, failed: names.length === 0 };
}
