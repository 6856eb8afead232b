/** The directory of relying parties that ask by LDAP: what is out is in it, in the attributes of RFC 4523, put there by the one that leads. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { publicUrl } from '../support/a-publisher.ts';
import { judge } from '../support/openssl.ts';
import { aDirectoryGround, type DirectoryGround } from './support/a-directory-ground.ts';

let ground: DirectoryGround;
beforeAll(async () => {
  ground = await aDirectoryGround();
});
beforeEach(() => ground.begin());
afterEach(() => ground.close());
afterAll(() => ground.end());

describe('what is out is in the directory', () => {
  it.each(['ldap', 'ldaps'] as const)('RFC 4523 §2 in the attributes of a CA, by %s://', async scheme => {
    const rootCrl = await ground.recordRootCrl();
    await ground.ca.recordCrl(await ground.crlWith(1n));
    await ground.open(ground.directory.setting(scheme));
    await ground.publish();
    expect(ground.inDirectory('root', 'cACertificate')).toEqual(Buffer.from(ground.ca.pki.root.der));
    expect(ground.inDirectory('root', 'authorityRevocationList')).toEqual(Buffer.from(rootCrl));
    expect(ground.inDirectory('issuing', 'cACertificate')).toEqual(Buffer.from(ground.ca.pki.issuing.der));
    const crl = ground.inDirectory('issuing', 'certificateRevocationList') ?? Buffer.alloc(0);
    const command = 'openssl crl -in crl.der -inform DER -CAfile chain.pem -noout 2>&1';
    const verdict = judge('sh', ['-c', command], { 'crl.der': crl, 'chain.pem': ground.ca.pki.chain });
    expect(verdict.toString()).toContain('verify OK');
    await ground.ca.recordCrl(await ground.crlWith(2n));
    await ground.publish();
    expect(ground.numberThere()).toBe(2n);
    expect(await ground.state()).toBe('green published');
  });

  it('RFC 4523 §3.4 a distribution point of its own has an entry of its own, with its delta', async () => {
    const [url, freshestCrl] = [`${publicUrl}/crl/issuing/1.crl`, `${publicUrl}/crl/issuing/1-delta.crl`];
    const all = await ground.crlWith(7n);
    await ground.ca.recordLists(
      7,
      { all, '1': await ground.crlWith(7n, { distributionPoint: url, freshestCrl }) },
      { complete: 'all', at: ground.clock.at },
    );
    await ground.open();
    await ground.publish();
    const delta = await ground.crlWith(8n, { baseNumber: 7n, distributionPoint: url });
    const full = await ground.crlWith(8n, { distributionPoint: url, freshestCrl });
    await ground.ca.recordLists(
      8,
      { all: await ground.crlWith(8n), '1': full, '1-delta': delta },
      { complete: 'all', at: ground.clock.at },
    );
    await ground.publish();
    expect(ground.directory.octetsOf(`cn=1,${ground.entry('issuing')}`, 'certificateRevocationList;binary')).toEqual(
      Buffer.from(full),
    );
    expect(ground.directory.octetsOf(`cn=1,${ground.entry('issuing')}`, 'deltaRevocationList;binary')).toEqual(
      Buffer.from(delta),
    );
    expect(ground.numberThere()).toBe(8n);
    expect(ground.inDirectory('issuing', 'deltaRevocationList')).toBeUndefined();
  });

  it('a delta that is over is taken out, and the next one put in', async () => {
    await ground.ca.recordCrl(await ground.crlWith(7n));
    await ground.open();
    await ground.publish();
    for (const crlNumber of [8, 9]) {
      const delta = await ground.crlWith(BigInt(crlNumber), { baseNumber: 7n, nextUpdate: ground.clock.at + 600 });
      await ground.ca.recordLists(crlNumber, { '0-delta': delta }, { complete: null, at: ground.clock.at });
      await ground.publish();
      expect(ground.inDirectory('issuing', 'deltaRevocationList')).toEqual(Buffer.from(delta));
      ground.clock.at += 600;
      await ground.publisher.directoryRound();
      expect(ground.inDirectory('issuing', 'deltaRevocationList')).toBeUndefined();
    }
  });

  it('a CRL larger than what the directory takes is told of; the others are in', async () => {
    const entries = Array.from({ length: 60_000 }, (_, n) => ({
      serialNumber: (0x10_0000 + n).toString(16),
      revokedAt: ground.clock.at - 10,
      reason: null,
      invalidityDate: null,
    }));
    await ground.ca.recordCrl(await ground.crlWith(1n, { entries }));
    await ground.open();
    await ground.publisher.round();
    await expect(ground.publisher.directoryRound()).rejects.toThrow('crlInvalid');
    expect(ground.inDirectory('issuing', 'cACertificate')).toEqual(Buffer.from(ground.ca.pki.issuing.der));
    expect(await ground.state()).toMatch(/^red .*directory: ldap:/);
  });
});

it('of several publishers the one that leads writes', async () => {
  await ground.ca.recordCrl(await ground.crlWith(1n));
  const first = await ground.open();
  await ground.publish();
  await ground.open(ground.directory.setting('ldap'), 'another');
  await ground.ca.recordCrl(await ground.crlWith(2n));
  await ground.publish();
  expect(ground.numberThere()).toBe(1n);
  await first.round();
  await first.directoryRound();
  expect(ground.numberThere()).toBe(2n);
  await first.close();
  await ground.ca.recordCrl(await ground.crlWith(3n));
  await ground.publish();
  expect(ground.numberThere()).toBe(3n);
});
