/** The three sources of the organisation match, and what they do with answers that are none. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../ca-core/project-root.ts';
import { ntaApi } from '../../ra-portal/registers/nta-api.ts';
import { importNtaSnapshot, ntaSnapshot } from '../../ra-portal/registers/nta-snapshot.ts';
import { robinsHttp } from '../../ra-portal/registers/robins-http.ts';
import { importRobinsSnapshot, robinsSnapshot } from '../../ra-portal/registers/robins-snapshot.ts';
import { aPortal, type APortal } from './support/a-portal.ts';

const now = 1_800_000_000;
const csv = readFileSync(join(projectRoot, 'policies', 'registers', 'nta-snapshot.csv'), 'utf8');
const rows = csv.trimEnd().split('\n');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

let world: APortal;
let server: Server;
let base: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
beforeAll(async () => {
  world = await aPortal();
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>(resolve => server.listen(0, resolve));
  base = `http://localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await world.end();
});

const answering = (status: number, body: string | Buffer) => (_request: IncomingMessage, response: ServerResponse) => {
  response.statusCode = status;
  response.end(body);
};

describe('the NTA snapshot', () => {
  it('answers with the latest row, its time and the hash of its bytes', async () => {
    const found = await ntaSnapshot(world.database).find('6999901000010', now);
    expect(found).toMatchObject({ source: 'nta-snapshot', fetchedAt: now, prefectureName: '大阪府', latest: '1' });
    expect(found?.rawHash).toBe(sha256(rows[19] ?? ''));
    expect(await ntaSnapshot(world.database).find('8999901000017', now)).toBeNull();
  });

  it.each([
    ['a wrong check digit', rows[9]?.replace('7999901000001', '6999901000001') ?? '', 'check digit'],
    ['a missing column', '"1","7999901000001"', '2 columns'],
    ['broken quoting', '"1"x,"2"', 'Quote'],
    ['another encoding', Buffer.from([0x22, 0x83, 0x4a, 0x22, 0x0a]), '1 columns'],
  ])('refuses %s and keeps what it had', async (_, spoiled, because) => {
    const whole = Buffer.concat([Buffer.from(`${rows[0] ?? ''}\n`), Buffer.from(spoiled)]);
    await expect(importNtaSnapshot(world.database, Readable.from([whole]), now)).rejects.toMatchObject({
      code: 'policyInvalid',
      values: { mistakes: [expect.stringContaining(because) as string] },
    });
    expect(await ntaSnapshot(world.database).find('7999901000001', now)).not.toBeNull();
    const others = await world.database('register_snapshots').where({ register: 'nta' }).whereNull('current_since');
    expect(others).toEqual([]);
  });

  it('takes the shipped sample of true records', async () => {
    const sample = rows.slice(0, 9).join('\n');
    expect(await importNtaSnapshot(world.database, Readable.from([Buffer.from(sample)]), now)).toBe(7);
    expect(await ntaSnapshot(world.database).find('7999901000001', now)).toBeNull();
    await importNtaSnapshot(world.database, Readable.from([Buffer.from(csv)]), now);
  });
});

describe('the NTA Web-API, version 4', () => {
  const row = rows.find(line => line.includes('"7999901000001"')) ?? '';
  const found = `2026-11-20,1,1,1\n${row}\n`;
  const source = () => ntaApi({ base: `${base}/4`, applicationId: 'K0123456789ab' });

  it('asks for one number as CSV in UTF-8 and reads the row', async () => {
    let asked = '';
    answer = (request, response) => {
      asked = request.url ?? '';
      response.end(found);
    };
    const record = await source().find('7999901000001', now);
    expect(asked).toBe('/4/num?id=K0123456789ab&number=7999901000001&type=02&history=0');
    expect(record).toMatchObject({ source: 'nta-api', name: '株式会社架空角印', rawHash: sha256(found) });
  });

  it('answers null for a number that nobody has', async () => {
    answer = answering(200, '2026-11-20,0,1,1\n');
    expect(await source().find('7999901000001', now)).toBeNull();
  });

  it.each([
    ['400 with its code', 400, '051,法人番号が不正です', 'HTTP 400, code 051'],
    ['403, too many requests', 403, 'Forbidden', 'HTTP 403'],
    ['404, an unknown application id', 404, '', 'HTTP 404'],
    ['a wrong count', 200, `2026-11-20,2,1,1\n${row}\n`, 'answer not understood'],
    ['a page of something else', 200, '<html>"', 'answer not understood'],
    ['Shift_JIS', 200, Buffer.from([0x83, 0x4a]), 'not UTF-8'],
  ])('says registerUnavailable after %s, and never the id', async (_, status, body, because) => {
    answer = answering(status, body);
    const refused = source().find('7999901000001', now);
    await expect(refused).rejects.toMatchObject({ code: 'registerUnavailable', values: { register: 'nta', because } });
    await expect(refused).rejects.not.toThrow(/K0123456789ab/);
  });

  it('follows no redirect', async () => {
    answer = (_request, response) => response.writeHead(302, { location: `${base}/elsewhere` }).end();
    await expect(source().find('7999901000001', now)).rejects.toMatchObject({ code: 'registerUnavailable' });
  });
});

describe('ROBINS', () => {
  const entry = {
    key: '9999000000000077',
    corporateNumber: '7999901000001',
    companyRegistrationNumber: '9999-01-000001',
    nameJa: '株式会社架空角印',
    nameEn: 'Kakuu Kakuin K.K.',
    addressJa: '東京都千代田区架空町１丁目２番３号',
    stateOrProvince: 'Tokyo',
    locality: 'Chiyoda',
    asOf: '2026-10-01',
    grades: { nameJa: 'authoritative' },
  };
  const source = () => robinsHttp(`${base}/organisations/{number}.json`);

  it('answers from the imported snapshot', async () => {
    const found = await robinsSnapshot(world.database).find('7999901000001', now);
    expect(found).toMatchObject({ source: 'robins-snapshot', key: '9999000000000001', grades: { nameEn: 'verified' } });
  });

  it('reports every mistake of a snapshot at once and keeps the one before', async () => {
    const yaml = "entries: [{ key: '1', corporateNumber: '1' }]";
    const refused = importRobinsSnapshot(world.database, yaml, now);
    await expect(refused).rejects.toMatchObject({ code: 'policyInvalid' });
    await expect(refused).rejects.toThrow(/16 digits.*check digit.*nameJa/);
    expect(await robinsSnapshot(world.database).find('7999901000001', now)).not.toBeNull();
  });

  it('reads the HTTP answer, its hash over the bytes', async () => {
    const body = JSON.stringify(entry);
    answer = answering(200, body);
    const found = await source().find('7999901000001', now);
    expect(found).toMatchObject({ source: 'robins-http', key: entry.key, rawHash: sha256(body), webDomains: [] });
    expect(found).not.toHaveProperty('companyRegistrationNumber');
  });

  it('tells unknown from unavailable', async () => {
    answer = answering(404, '');
    expect(await source().find('7999901000001', now)).toBeNull();
    for (const [status, body] of [
      [500, ''],
      [200, '{'],
      [200, '{}'],
      [200, JSON.stringify({ ...entry, corporateNumber: '6999901000002' })],
    ] as const) {
      answer = answering(status, body);
      await expect(source().find('7999901000001', now)).rejects.toMatchObject({ code: 'registerUnavailable' });
    }
  });

  it('a register that does not answer stops an application, with nothing kept', async () => {
    const dark = await aPortal({ registers: { robins: 'http://localhost:9/{number}' } });
    const before = await dark.rows();
    const { person } = await import('./support/an-application.ts');
    await dark
      .visitor()
      .json('/apply', { ...person, sealTo: 'ab'.repeat(32) })
      .expect(503);
    expect(await dark.rows()).toEqual(before);
    await dark.end();
  });
});
