/** A directory that is away, silent, somebody else's, or holds what the publisher did not put there: an alarm, and no password for it. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readAnyCrl } from '../../ca-core/x509/crl.ts';
import { openDirectory } from '../../crl-publisher/ldap.ts';
import { refusalFrom } from '../support/refusal.ts';
import { aCrl } from '../support/small-pki.ts';
import { aDirectoryGround, placesOf, type DirectoryGround } from './support/a-directory-ground.ts';

let ground: DirectoryGround;
beforeAll(async () => {
  ground = await aDirectoryGround();
});
beforeEach(() => ground.begin());
afterEach(() => ground.close());
afterAll(() => ground.end());

describe('a directory that is away', () => {
  it('is an alarm; the files go on, and it catches up when it is back', async () => {
    await ground.ca.recordCrl(await ground.crlWith(1n));
    await ground.open();
    await ground.publish();
    await ground.directory.stop();
    try {
      await ground.ca.recordCrl(await ground.crlWith(2n));
      await ground.publisher.round();
      expect((await refusalFrom(ground.publisher.directoryRound()))?.code).toBe('crlInvalid');
      expect(readAnyCrl(ground.publisher.files.of('crl/issuing/0.crl')?.bytes ?? Buffer.alloc(0)).crlNumber).toBe(2n);
      expect(await ground.state()).toMatch(/^red crlInvalid \(directory: ldap:.*ECONNREFUSED/);
      await ground.ca.recordCrl(await ground.crlWith(3n));
      await ground.publisher.round();
    } finally {
      await ground.directory.start();
    }
    ground.clock.at += 6;
    await ground.publish();
    expect(ground.numberThere()).toBe(3n);
    expect(await ground.state()).toBe('green published');
  });

  it('may be silent for ever: within seconds it is one that is away', async () => {
    const silent = createServer(() => undefined).listen(0);
    await once(silent, 'listening');
    const port = String((silent.address() as AddressInfo).port);
    await ground.ca.recordCrl(await ground.crlWith(1n));
    for (const scheme of ['ldap', 'ldaps'] as const) {
      await ground.open(ground.directory.setting(scheme).replace(/localhost:\d+/, `localhost:${port}`), scheme);
      const start = performance.now();
      await ground.publisher.round();
      await expect(ground.publisher.directoryRound()).rejects.toThrow('crlInvalid');
      expect(performance.now() - start).toBeLessThan(10_000);
      await ground.publisher.close();
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
    const password = readFileSync(ground.directory.passwordFile, 'utf8').trim();
    const [place] = placesOf(ground.directory.setting('ldap').replace(/localhost:\d+/, `localhost:${port}`));
    if (place === undefined) throw new Error('no place');
    await expect(openDirectory(place)).rejects.toThrow(/Code: 0x2/);
    expect(Buffer.concat(heard).length).toBeGreaterThan(0);
    expect(Buffer.concat(heard).includes(password)).toBe(false);
    liar.close();
    for (const scheme of ['ldap', 'ldaps'] as const) {
      const [unvouched] = placesOf(ground.directory.setting(scheme).replace(/&cafile=.*$/, ''));
      if (unvouched === undefined) throw new Error('no place');
      await expect(openDirectory(unvouched)).rejects.toThrow(/self-signed/);
      const [elsewhere] = placesOf(ground.directory.setting(scheme).replace('localhost', '127.0.0.1'));
      if (elsewhere === undefined) throw new Error('no place');
      await expect(openDirectory(elsewhere)).rejects.toThrow(/does not match certificate/);
    }
  });

  it('a password that is wrong is an alarm that does not tell it', async () => {
    const file = `${ground.ca.home}/password`;
    writeFileSync(file, 'quite another password');
    await ground.ca.recordCrl(await ground.crlWith(1n));
    await ground.open(
      ground.directory
        .setting('ldap')
        .replace(encodeURIComponent(ground.directory.passwordFile), encodeURIComponent(file)),
    );
    await ground.publisher.round();
    await expect(ground.publisher.directoryRound()).rejects.toThrow('crlInvalid');
    expect(await ground.state()).toMatch(/^red .*Code: 0x31/);
    expect(await ground.state()).not.toContain('quite another');
    writeFileSync(file, readFileSync(ground.directory.passwordFile));
    ground.clock.at += 6;
    await ground.publish();
    expect(ground.numberThere()).toBe(1n);
  });

  it('what somebody changed there is put right; a newer CRL of the CA stays, and is told of', async () => {
    await ground.ca.recordCrl(await ground.crlWith(5n));
    await ground.open();
    await ground.publish();
    const [place] = placesOf(ground.directory.setting('ldap'));
    if (place === undefined) throw new Error('no place');
    const put = async (octets: Uint8Array): Promise<void> => {
      const entered = await openDirectory(place);
      const value = { name: ground.entry('issuing'), objectClasses: [], attribute: 'certificateRevocationList;binary' };
      await entered.write(value, Buffer.from(octets));
      await entered.close();
    };
    for (const older of [
      await ground.crlWith(4n),
      await aCrl({ crlNumber: 9n, entries: [] }, ground.ca.pki.issuing, ground.ca.pki.rootKey),
    ]) {
      await put(older);
      ground.clock.at += 601;
      await ground.publisher.directoryRound();
      expect(ground.numberThere()).toBe(5n);
    }
    await put(await ground.crlWith(6n));
    ground.clock.at += 601;
    await expect(ground.publisher.directoryRound()).rejects.toThrow('a newer one is there');
    expect(ground.numberThere()).toBe(6n);
  });
});
