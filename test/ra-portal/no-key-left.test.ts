/**
 * A private key that the CA core made for a subscriber is nowhere once it was made: not one of its primes is in the
 * database, its write-ahead log, a backup of it, the homes of the services, their logs, letters, or temporary files.
 */
import { createPrivateKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSealed } from '../../ca-core/delivery/seal.ts';
import { openCa } from '../../ca-core/open-ca.ts';
import type { PickedUp } from '../../ra-portal/pick-up/take-key.ts';
import { isPostgres } from '../../ca-core/store/database.ts';
import { settle } from '../support/a-ca.ts';
import { aPortal, type APortal } from './support/a-portal.ts';
import { apply, proveMailbox, review } from './support/an-application.ts';

let world: APortal;
let temporary: string;
const before = process.env['TMPDIR'];
const logged: string[] = [];
const write = process.stdout.write.bind(process.stdout);
beforeAll(async () => {
  world = await aPortal();
  temporary = mkdtempSync(join(tmpdir(), 'kakuin-canary-'));
  process.env['TMPDIR'] = temporary;
  process.stdout.write = (chunk: string | Uint8Array): boolean => {
    logged.push(String(chunk));
    return true;
  };
});
afterAll(async () => {
  process.stdout.write = write;
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  await world.end();
  rmSync(temporary, { recursive: true, force: true });
});

it(
  'leaves no prime of it anywhere, neither while it waits nor once it is picked up',
  { timeout: 120_000 },
  async () => {
    const applied = await apply(world, { keyAlgorithm: 'rsa-2048' });
    await proveMailbox(world, applied);
    const officers = await world.officers();
    await officers[0].signIn();
    const digest = await review(world, officers[0], applied.caseId);
    for (const officer of officers) await officer.approve(digest);
    await issueAloud();
    const waiting = await everything(world);
    const body: unknown = (await applied.visitor.json(`/applications/${applied.caseId}/pick-up`, {}).expect(200)).body;
    const { sealedKey, caseId, caseDigest } = body as PickedUp;
    const sealed = Buffer.from(sealedKey, 'hex');
    const der = await openSealed({ secret: applied.secret, sealed, caseId, caseDigest });
    const jwk = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' }).export({ format: 'jwk' });
    const primes = [jwk.p, jwk.q, jwk.d].map(part => Buffer.from(part ?? '', 'base64url'));
    expect(primes.map(({ length }) => length > 100)).toEqual([true, true, true]);
    const forms = primes.flatMap(formsOf);
    expect(
      found(forms, [{ name: 'canary', octets: Buffer.concat([Buffer.from('x'), primes[0] ?? sealed]) }]),
    ).not.toEqual([]);
    expect(
      found(forms, [{ name: 'canary', octets: Buffer.from(`x${primes[1]?.toString('base64') ?? ''}`) }]),
    ).not.toEqual([]);
    expect(waiting.length).toBeGreaterThan(8);
    // While it waited, it was there, sealed; after pick-up even that is gone from the table.
    expect(found(forms, waiting)).toEqual([]);
    expect(found(forms, await everything(world))).toEqual([]);
    expect(await world.store.deliveries.state(caseId)).toMatchObject({ sealed: false });
  },
);

/** The CA core at its most talkative. */
async function issueAloud(): Promise<void> {
  const log = pino({ level: 'trace' }, { write: line => void logged.push(line) });
  const ca = await openCa(world.ground, { log, clock: world.clock });
  await settle(ca);
  await ca.close();
  await world.portal.look();
}

interface Found {
  readonly name: string;
  readonly octets: Buffer;
}

/** Every file of every home, a backup of the database beside them, temporary files, and what was logged. */
async function everything({ home, database }: APortal): Promise<readonly Found[]> {
  const backups = join(home, 'backups');
  mkdirSync(backups, { recursive: true });
  if (isPostgres(database)) writeFileSync(join(backups, 'rows.json'), await rowsOf(database));
  else await database.raw('VACUUM INTO ?', [join(backups, `${Date.now()}.db`)]);
  const files = [...filesIn(home), ...filesIn(temporary)];
  return [
    ...files.map(name => ({ name, octets: readFileSync(name) })),
    { name: 'log', octets: Buffer.from(logged.join('')) },
  ];
}

async function rowsOf(database: APortal['database']): Promise<string> {
  const tables = await database('pg_tables').where({ schemaname: 'public' }).pluck<string[]>('tablename');
  const rows = await Promise.all(tables.map(table => database(table)));
  return JSON.stringify(rows, (_, value: unknown) => {
    const { type, data } = (value ?? {}) as { type?: string; data?: number[] };
    return type === 'Buffer' && data !== undefined ? Buffer.from(data).toString('hex') : value;
  });
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(name => join(folder, name))
    .filter(name => statSync(name).isFile());

/** As it stands, backwards, in hex of either case, in base64 at each of three offsets, in decimal. */
function formsOf(secret: Buffer): readonly Buffer[] {
  const hex = secret.toString('hex');
  const offsets = [0, 1, 2].map(skip => secret.subarray(skip, skip + 60).toString('base64'));
  const texts = [
    hex,
    hex.toUpperCase(),
    ...offsets,
    ...offsets.map(text => text.replace(/\+/g, '-').replace(/\//g, '_')),
  ];
  const decimal = BigInt(`0x${hex}`).toString();
  return [
    secret,
    Buffer.from(secret).reverse(),
    ...texts.map(text => Buffer.from(text.slice(0, 80))),
    Buffer.from(decimal),
  ];
}

const found = (forms: readonly Buffer[], places: readonly Found[]): readonly string[] =>
  places.filter(({ octets }) => forms.some(form => octets.includes(form))).map(({ name }) => name);
