import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readAnyCrl } from '../../ca-core/x509/crl.ts';
import { directoryPlaces, type DirectoryPlace } from '../../crl-publisher/directory-place.ts';
import { openDirectory } from '../../crl-publisher/ldap.ts';
import type { CrlPublisher } from '../../crl-publisher/open-crl-publisher.ts';
import { readSettings } from '../../crl-publisher/settings.ts';
import { aDirectory, type ADirectory } from '../support/a-directory.ts';
import { aPublisher, publicUrl } from '../support/a-publisher.ts';
import { judge } from '../support/openssl.ts';
import { refusalFrom, refusalOf } from '../support/refusal.ts';
import { aSmallCa, type SmallCa } from '../support/small-ca.ts';
import { aCrl, realNow } from '../support/small-pki.ts';

let directory: ADirectory;
let ca: SmallCa;
let publisher: CrlPublisher;
const clock = { at: realNow(), now: () => clock.at };

beforeAll(async () => {
  directory = await aDirectory();
});
afterAll(() => directory.end());
beforeEach(async () => {
  ca = await aSmallCa();
  clock.at = realNow();
});
afterEach(async () => {
  await publisher.close();
  await ca.close();
});

const placesOf = (setting: string): DirectoryPlace[] => directoryPlaces.parse(setting);

async function open(settings: string = directory.setting('ldap'), name = 'a publisher'): Promise<CrlPublisher> {
  const fetchPublic = (path: string): Promise<Uint8Array> => Promise.resolve(readFileSync(ca.home + path));
  publisher = await aPublisher(ca, { fetchPublic, clock, name, directories: placesOf(settings) });
  return publisher;
}

async function publish(): Promise<void> {
  await publisher.round();
  await publisher.directoryRound();
}

const crlWith = (crlNumber: bigint, change: Parameters<typeof ca.pki.crl>[0] | object = {}) =>
  ca.pki.crl({ crlNumber, entries: [], thisUpdate: clock.at, nextUpdate: clock.at + 86_400, ...change });
/** An issuer's entry is named like it; each test has a CA of its own but the names are the same. */
const entry = (name: string): string => `cn=${name},${directory.base}`;
const inDirectory = (name: string, attribute: string): Buffer | undefined =>
  directory.octetsOf(entry(name), `${attribute};binary`);
const numberThere = (): bigint | undefined => {
  const octets = inDirectory('issuing', 'certificateRevocationList');
  return octets === undefined ? undefined : readAnyCrl(octets).crlNumber;
};

async function recordRootCrl(): Promise<Uint8Array> {
  const usual = { thisUpdate: clock.at, nextUpdate: clock.at + 60 * 86_400 };
  const crl = await aCrl({ entries: [], crlNumber: 1n, ...usual }, ca.pki.root, ca.pki.rootKey);
  const event = { at: clock.at, service: 'c', action: 'crl.issued', actor: 'c', subject: '1', details: {} };
  await ca.store.crls.record({ issuer: ca.pki.rootId, crlNumber: 1, crl, ...usual, entries: 0, throughSeq: 0 }, event);
  return crl;
}

const state = async (): Promise<string> => {
  await publisher.round();
  const [told] = await ca.store.states.all();
  return `${told?.state ?? ''} ${told?.detail ?? ''}`;
};

describe('what is out is in the directory', () => {
  it.each(['ldap', 'ldaps'] as const)('RFC 4523 §2 in the attributes of a CA, by %s://', async scheme => {
    const rootCrl = await recordRootCrl();
    await ca.recordCrl(await crlWith(1n));
    await open(directory.setting(scheme));
    await publish();
    expect(inDirectory('root', 'cACertificate')).toEqual(Buffer.from(ca.pki.root.der));
    expect(inDirectory('root', 'authorityRevocationList')).toEqual(Buffer.from(rootCrl));
    expect(inDirectory('issuing', 'cACertificate')).toEqual(Buffer.from(ca.pki.issuing.der));
    const crl = inDirectory('issuing', 'certificateRevocationList') ?? Buffer.alloc(0);
    const command = 'openssl crl -in crl.der -inform DER -CAfile chain.pem -noout 2>&1';
    const verdict = judge('sh', ['-c', command], { 'crl.der': crl, 'chain.pem': ca.pki.chain });
    expect(verdict.toString()).toContain('verify OK');
    await ca.recordCrl(await crlWith(2n));
    await publish();
    expect(numberThere()).toBe(2n);
    expect(await state()).toBe('green published');
  });

  it('RFC 4523 §3.4 a distribution point of its own has an entry of its own, with its delta', async () => {
    const [url, freshestCrl] = [`${publicUrl}/crl/issuing/1.crl`, `${publicUrl}/crl/issuing/1-delta.crl`];
    const all = await crlWith(7n);
    await ca.recordLists(
      7,
      { all, '1': await crlWith(7n, { distributionPoint: url, freshestCrl }) },
      { complete: 'all', at: clock.at },
    );
    await open();
    await publish();
    const delta = await crlWith(8n, { baseNumber: 7n, distributionPoint: url });
    const full = await crlWith(8n, { distributionPoint: url, freshestCrl });
    await ca.recordLists(8, { all: await crlWith(8n), '1': full, '1-delta': delta }, { complete: 'all', at: clock.at });
    await publish();
    expect(directory.octetsOf(`cn=1,${entry('issuing')}`, 'certificateRevocationList;binary')).toEqual(
      Buffer.from(full),
    );
    expect(directory.octetsOf(`cn=1,${entry('issuing')}`, 'deltaRevocationList;binary')).toEqual(Buffer.from(delta));
    expect(numberThere()).toBe(8n);
    expect(inDirectory('issuing', 'deltaRevocationList')).toBeUndefined();
  });

  it('a delta that is over is taken out, and the next one put in', async () => {
    await ca.recordCrl(await crlWith(7n));
    await open();
    await publish();
    for (const crlNumber of [8, 9]) {
      const delta = await crlWith(BigInt(crlNumber), { baseNumber: 7n, nextUpdate: clock.at + 600 });
      await ca.recordLists(crlNumber, { '0-delta': delta }, { complete: null, at: clock.at });
      await publish();
      expect(inDirectory('issuing', 'deltaRevocationList')).toEqual(Buffer.from(delta));
      clock.at += 600;
      await publisher.directoryRound();
      expect(inDirectory('issuing', 'deltaRevocationList')).toBeUndefined();
    }
  });

  it('a CRL larger than what the directory takes is told of; the others are in', async () => {
    const entries = Array.from({ length: 60_000 }, (_, n) => ({
      ...{ serialNumber: (0x10_0000 + n).toString(16), revokedAt: clock.at - 10, reason: null, invalidityDate: null },
    }));
    await ca.recordCrl(await crlWith(1n, { entries }));
    await open();
    await publisher.round();
    await expect(publisher.directoryRound()).rejects.toThrow('crlInvalid');
    expect(inDirectory('issuing', 'cACertificate')).toEqual(Buffer.from(ca.pki.issuing.der));
    expect(await state()).toMatch(/^red .*directory: ldap:/);
  });
});

describe('a directory that is away', () => {
  it('is an alarm; the files go on, and it catches up when it is back', async () => {
    await ca.recordCrl(await crlWith(1n));
    await open();
    await publish();
    await directory.stop();
    try {
      await ca.recordCrl(await crlWith(2n));
      await publisher.round();
      expect((await refusalFrom(publisher.directoryRound()))?.code).toBe('crlInvalid');
      expect(readAnyCrl(publisher.files.of('crl/issuing/0.crl')?.bytes ?? Buffer.alloc(0)).crlNumber).toBe(2n);
      expect(await state()).toMatch(/^red crlInvalid \(directory: ldap:.*ECONNREFUSED/);
      await ca.recordCrl(await crlWith(3n));
      await publisher.round();
    } finally {
      await directory.start();
    }
    clock.at += 6;
    await publish();
    expect(numberThere()).toBe(3n);
    expect(await state()).toBe('green published');
  });

  it('may be silent for ever: within seconds it is one that is away', async () => {
    const silent = createServer(() => undefined).listen(0);
    await once(silent, 'listening');
    const port = String((silent.address() as AddressInfo).port);
    await ca.recordCrl(await crlWith(1n));
    for (const scheme of ['ldap', 'ldaps'] as const) {
      await open(directory.setting(scheme).replace(/localhost:\d+/, `localhost:${port}`), scheme);
      const start = performance.now();
      await publisher.round();
      await expect(publisher.directoryRound()).rejects.toThrow('crlInvalid');
      expect(performance.now() - start).toBeLessThan(10_000);
      await publisher.close();
    }
    silent.close();
  });
});

describe('a directory that cannot be believed', () => {
  it('gets no password in the clear, and none where it cannot show who it is', async () => {
    const heard: Buffer[] = [];
    // ExtendedResponse with protocolError: no StartTLS here.
    const refusalTo = (request: Buffer): Buffer =>
      Buffer.from(`300c0201${request.toString('hex', 4, 5)}78070a010204000400`, 'hex');
    const liar = createServer(socket => {
      socket.on('data', octets => {
        heard.push(octets);
        socket.write(refusalTo(octets));
      });
      socket.on('error', () => undefined);
    }).listen(0);
    await once(liar, 'listening');
    const port = String((liar.address() as AddressInfo).port);
    const password = readFileSync(directory.passwordFile, 'utf8').trim();
    const [place] = placesOf(directory.setting('ldap').replace(/localhost:\d+/, `localhost:${port}`));
    if (place === undefined) throw new Error('no place');
    await expect(openDirectory(place)).rejects.toThrow(/Code: 0x2/);
    expect(Buffer.concat(heard).length).toBeGreaterThan(0);
    expect(Buffer.concat(heard).includes(password)).toBe(false);
    liar.close();
    for (const scheme of ['ldap', 'ldaps'] as const) {
      const [unvouched] = placesOf(directory.setting(scheme).replace(/&cafile=.*$/, ''));
      if (unvouched === undefined) throw new Error('no place');
      await expect(openDirectory(unvouched)).rejects.toThrow(/self-signed/);
      const [elsewhere] = placesOf(directory.setting(scheme).replace('localhost', '127.0.0.1'));
      if (elsewhere === undefined) throw new Error('no place');
      await expect(openDirectory(elsewhere)).rejects.toThrow(/does not match certificate/);
    }
    await open();
  });

  it('a password that is wrong is an alarm that does not tell it', async () => {
    const file = `${ca.home}/password`;
    writeFileSync(file, 'quite another password');
    await ca.recordCrl(await crlWith(1n));
    await open(directory.setting('ldap').replace(encodeURIComponent(directory.passwordFile), encodeURIComponent(file)));
    await publisher.round();
    await expect(publisher.directoryRound()).rejects.toThrow('crlInvalid');
    expect(await state()).toMatch(/^red .*Code: 0x31/);
    expect(await state()).not.toContain('quite another');
    writeFileSync(file, readFileSync(directory.passwordFile));
    clock.at += 6;
    await publish();
    expect(numberThere()).toBe(1n);
  });

  it('what somebody changed there is put right; a newer CRL of the CA stays, and is told of', async () => {
    await ca.recordCrl(await crlWith(5n));
    await open();
    await publish();
    const [place] = placesOf(directory.setting('ldap'));
    if (place === undefined) throw new Error('no place');
    const put = async (octets: Uint8Array): Promise<void> => {
      const entered = await openDirectory(place);
      const value = { name: entry('issuing'), objectClasses: [], attribute: 'certificateRevocationList;binary' };
      await entered.write(value, Buffer.from(octets));
      await entered.close();
    };
    for (const older of [
      await crlWith(4n),
      await aCrl({ crlNumber: 9n, entries: [] }, ca.pki.issuing, ca.pki.rootKey),
    ]) {
      await put(older);
      clock.at += 601;
      await publisher.directoryRound();
      expect(numberThere()).toBe(5n);
    }
    await put(await crlWith(6n));
    clock.at += 601;
    await expect(publisher.directoryRound()).rejects.toThrow('a newer one is there');
    expect(numberThere()).toBe(6n);
  });
});

it('of several publishers the one that leads writes', async () => {
  await ca.recordCrl(await crlWith(1n));
  const first = await open();
  await publish();
  const second = await open(directory.setting('ldap'), 'another');
  await ca.recordCrl(await crlWith(2n));
  await publish();
  expect(numberThere()).toBe(1n);
  await first.round();
  await first.directoryRound();
  expect(numberThere()).toBe(2n);
  await first.close();
  await ca.recordCrl(await crlWith(3n));
  publisher = second;
  await publish();
  expect(numberThere()).toBe(3n);
});

describe('the setting', () => {
  const environment = {
    ...{ KAKUIN_HOME: '/h', KAKUIN_DATABASE: '/d', KAKUIN_POLICIES: '/p' },
    ...{ KAKUIN_CRL_PORT: '8082', KAKUIN_CRL_URL: 'http://crl.example.jp' },
  };
  const entered = '?bindname=cn=publisher,dc=example&passwordfile=/run/secrets/ldap';
  beforeEach(() => open(''));

  it('names several directories', () => {
    const two = `ldaps://a.example/ou=ca,dc=example${entered}  ldap://b.example:1389/ou=%E8%AA%8D%E8%A8%BC${entered}`;
    expect(readSettings({ ...environment, KAKUIN_CRL_LDAP: two }).directories).toMatchObject([
      { url: 'ldaps://a.example', base: 'ou=ca,dc=example', bindName: 'cn=publisher,dc=example' },
      { url: 'ldap://b.example:1389', base: 'ou=認証', passwordFile: '/run/secrets/ldap', authoritiesFile: undefined },
    ]);
    expect(readSettings(environment).directories).toEqual([]);
  });

  it.each([
    ['no URL', 'directory', /a URL such as/],
    ['another protocol', `http://a.example/ou=ca${entered}`, /begins with ldaps/],
    ['no base', `ldaps://a.example/${entered}`, /names the entry below which/],
    ['a password in it', `ldaps://me:secret@a.example/ou=ca${entered}`, /bindname and passwordfile/],
    ['nobody who enters', 'ldaps://a.example/ou=ca?passwordfile=/f', /bindname is missing/],
    ['an unknown word', `ldaps://a.example/ou=ca${entered}&insecure=1`, /insecure is unknown/],
  ])('with %s is refused in a sentence', (_, setting, sentence) => {
    const refusal = refusalOf(() => readSettings({ ...environment, KAKUIN_CRL_LDAP: setting }));
    expect(refusal?.code).toBe('settingsInvalid');
    expect(String(refusal?.values['mistakes'])).toMatch(sentence);
    expect(String(refusal?.values['mistakes'])).not.toContain('secret@');
  });
});
