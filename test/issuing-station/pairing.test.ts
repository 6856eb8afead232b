/** A station comes onto the roll by a one-time code, the console and two officers, and signs in by its certificate. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confirmEnrolment, inviteStation, pendingEnrolments } from '../../ca-core/console.ts';
import { encodeDocument, decodeDocument, digestOf, type RollDocument } from '../../ca-core/approvals/documents.ts';
import { enrolmentMac, fingerprintOf } from '../../ca-core/approvals/enrolment-mac.ts';
import { anchoredRoll } from '../../ca-core/follow-roll.ts';
import { drawPairingCode, readPairingCode } from '../../ca-core/pairing-code.ts';
import { generatePrivateKey, signingKeyOf } from '../../ca-core/keys/software-key.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import { encodeBareRequest } from '../../issuing-station/bare-request.ts';
import { ownCertificate } from '../../issuing-station/pairing/own-certificate.ts';
import { isOnRoll, pair, type PairingWish } from '../../issuing-station/pairing/pair.ts';
import { openStation } from '../../issuing-station/pairing/station-home.ts';
import { openPortalClient } from '../../issuing-station/portal/client.ts';
import { openFront, type Front } from '../../scripts/front.ts';
import { aPortal, type APortal, type PortalOfficer } from '../ra-portal/support/a-portal.ts';
import { aProxy, type AProxy } from '../ra-portal/support/a-station-behind.ts';

const folder = mkdtempSync(join(tmpdir(), 'kakuin-pairing-'));
let world: APortal;
let officers: readonly PortalOfficer[];
let proxy: AProxy;
let front: Front;

beforeAll(async () => {
  world = await aPortal();
  officers = await world.officers();
  await world.work();
  proxy = await aProxy(world);
  front = await openFront(proxy.socket);
});
afterAll(async () => {
  await front.close();
  proxy.close();
  await world.end();
  rmSync(folder, { recursive: true, force: true });
});

let homes = 0;
function aWish(code: string, change: Partial<PairingWish> = {}): PairingWish {
  const home = join(folder, `home-${homes++}`);
  const portal = { url: front.url, trust: front.certificate };
  return { home, passphrase: 'of this station', portal, code, name: '発行端末', mailbox: 'desk@ra.example', ...change };
}

async function sign(digest: string): Promise<void> {
  for (const officer of officers) await officer.approve(digest);
  await world.work();
}

/** The whole way. */
async function aPairedStation(memberId: string) {
  const { code, invitationId } = await inviteStation(world.terminal, memberId);
  const wish = aWish(code, { mailbox: `${memberId}@ra.example` });
  const paired = await pair(wish, world.clock);
  const confirmation = await confirmEnrolment(world.terminal, invitationId);
  if (confirmation.outcome !== 'awaitingOfficers') throw new Error(confirmation.outcome);
  await sign(confirmation.digest);
  return { wish, paired, station: await openStation(wish.home, wish.passphrase) };
}

describe('pairing', () => {
  it('brings a station onto the roll: code, fingerprint at the console, two officers', async () => {
    const { code, invitationId, memberId } = await inviteStation(world.terminal, 'station-front');
    // As people type it.
    const wish = aWish(` ${code.toLowerCase().replaceAll('-', ' ')} `);
    const paired = await pair(wish, world.clock);
    expect(paired.memberId).toBe(memberId);
    const station = await openStation(wish.home, wish.passphrase);
    expect(await isOnRoll(station)).toBe(false);

    const [pending, ...others] = await pendingEnrolments(world.terminal);
    expect(others).toEqual([]);
    expect(pending).toMatchObject({ memberId, missing: [], foreign: 0, name: '発行端末' });
    expect(pending?.credentials).toEqual([{ use: 'signIn', fingerprint: paired.fingerprint }]);
    const confirmation = await confirmEnrolment(world.terminal, invitationId);
    expect(await isOnRoll(station)).toBe(false);
    await sign(confirmation.outcome === 'awaitingOfficers' ? confirmation.digest : '');
    expect(await isOnRoll(station)).toBe(true);
    expect(await station.portal.get('/api/v1/station')).toMatchObject({ id: memberId, name: '発行端末' });
  });

  it('keeps the key encrypted and for its owner alone, and neither code nor passphrase anywhere', async () => {
    const { code } = await inviteStation(world.terminal, 'station-quiet');
    const wish = aWish(code);
    await pair(wish, world.clock);
    for (const name of readdirSync(wish.home)) {
      const file = join(wish.home, name);
      expect(statSync(file).mode & 0o077).toBe(0);
      const text = readFileSync(file, 'utf8');
      expect(text).not.toContain('PRIVATE KEY');
      for (const secret of [code, code.replaceAll('-', ''), wish.passphrase]) expect(text).not.toContain(secret);
    }
    const kept = JSON.stringify([await world.database('invitations'), await world.database('enrolments')]);
    const { secret } = readPairingCode(code);
    for (const one of [code, code.replaceAll('-', ''), toHex(secret)]) expect(kept).not.toContain(one);
    await expect(openStation(wish.home, 'another')).rejects.toMatchObject({ code: 'passphraseWrong' });
  });

  it('is answered the same when the answer was lost, and refuses another key', async () => {
    const { code } = await inviteStation(world.terminal, 'station-twice');
    const wish = aWish(code);
    const first = await pair(wish, world.clock);
    expect(await pair(wish, world.clock)).toEqual(first);
    const other = aWish(code);
    await expect(pair(other, world.clock)).rejects.toMatchObject({ code: 'pairingCodeUsed' });
    expect(readdirSync(other.home)).not.toContain('station.json');
  });

  it('refuses a code that nobody drew, one that is mistyped, one that is used up and one that is over', async () => {
    const before = await world.rows();
    await expect(pair(aWish(drawPairingCode().code), world.clock)).rejects.toMatchObject({ code: 'pairingCodeWrong' });
    const { code } = await inviteStation(world.terminal, 'station-late');
    const wrong = code.replace(/.$/, last => (last === '7' ? '8' : '7'));
    const mistyped = aWish(wrong);
    await expect(pair(mistyped, world.clock)).rejects.toMatchObject({ code: 'pairingCodeMistyped' });
    expect(() => readdirSync(mistyped.home)).toThrow('ENOENT');
    world.clock.pass(3601);
    await expect(pair(aWish(code), world.clock)).rejects.toMatchObject({ code: 'pairingCodeExpired' });
    expect((await world.rows())['enrolments']).toBe(before['enrolments']);
    const { wish } = await aPairedStation('station-done');
    await expect(pair(aWish(wish.code), world.clock)).rejects.toMatchObject({ code: 'pairingCodeUsed' });
  });

  it('wants the proof that the station holds the key, and a key on P-256', async () => {
    const { code } = await inviteStation(world.terminal, 'station-proof');
    const { invitationId } = readPairingCode(code);
    const send = async (certificationRequest: string) => {
      const body = { invitationId, certificationRequest, name: 'x', mailbox: 'x@ra.example', mac: '00'.repeat(32) };
      return openPortalClient({ url: world.url }).post('/api/v1/station-pairings', body);
    };
    const csrOf = async (algorithm: 'p-256' | 'p-384') =>
      toHex(await encodeBareRequest(signingKeyOf(await generatePrivateKey(algorithm), algorithm)));
    const spoilt = (await csrOf('p-256')).replace(/..$/, last => (last === '00' ? '01' : '00'));
    await expect(send(spoilt)).rejects.toMatchObject({ code: expect.stringMatching(/^csr/) as string });
    await expect(send(await csrOf('p-384'))).rejects.toMatchObject({ code: 'keyUnacceptable' });
    await expect(send('00')).rejects.toMatchObject({ code: 'csrMalformed' });
    expect(await world.store.enrolments.of(invitationId)).toEqual([]);
  });

  it('believes no registration that the code did not make, whoever wrote the row', async () => {
    const { code, invitationId } = await inviteStation(world.terminal, 'station-forged');
    const key = signingKeyOf(await generatePrivateKey('p-256'), 'p-256');
    const owner = { invitationId, name: 'x', mailbox: 'x@ra.example', use: 'signIn' as const };
    const claim = { ...owner, credentialId: 'AAAAAAAAAAA', publicKey: toHex(key.publicKey) };
    const mac = enrolmentMac(Buffer.alloc(32), claim);
    await world.store.enrolments.add({ ...claim, mac, at: world.clock.now() });
    expect((await pendingEnrolments(world.terminal)).filter(one => one.invitationId === invitationId)).toEqual([]);
    await expect(confirmEnrolment(world.terminal, invitationId)).rejects.toMatchObject({ code: 'enrolmentInvalid' });
    // What the forger took is a code; nobody came onto the roll by it.
    await expect(pair(aWish(code), world.clock)).rejects.toMatchObject({ code: 'pairingCodeUsed' });
  });

  it('says of a portal that is away that it is away, and keeps nothing but the key', async () => {
    const { code } = await inviteStation(world.terminal, 'station-alone');
    const wish = aWish(code, { portal: { url: 'https://localhost:9' } });
    await expect(pair(wish, world.clock)).rejects.toMatchObject({ code: 'portalUnreachable' });
    expect(readdirSync(wish.home)).toEqual(['station.key.json']);
    await pair({ ...wish, portal: { url: front.url, trust: front.certificate } }, world.clock);
  });
});

describe("a station's client certificate", () => {
  it('opens what stations may do, through TLS and the proxy’s socket, and nothing over TCP', async () => {
    const { station } = await aPairedStation('station-tls');
    const { cards } = (await station.portal.get('/api/v1/cards')) as { cards: readonly unknown[] };
    expect(cards).toEqual([]);
    await expect(station.portal.get('/api/v1/applications')).rejects.toMatchObject({ code: 'notPermitted' });
    await expect(station.portal.get('/api/v1/queue')).rejects.toMatchObject({ code: 'notPermitted' });
    const der = station.standing.certificate.replace(/-----[A-Z ]+-----|\s/g, '');
    const claimed = await request(world.url).get('/api/v1/station').set('Client-Cert', `:${der}:`);
    expect(claimed.status).toBe(401);
  });

  it('is nobody without its key: none, another key under its name, a header of the sender’s own', async () => {
    const { station } = await aPairedStation('station-key');
    const trust = front.certificate;
    const without = openPortalClient({ url: front.url, trust });
    await expect(without.get('/api/v1/station')).rejects.toMatchObject({ code: 'credentialsRefused' });
    const privateKey = await generatePrivateKey('p-256');
    const certificate = await ownCertificate(signingKeyOf(privateKey, 'p-256'), 'station-key', world.clock.now());
    const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const other = openPortalClient({ url: front.url, trust, client: { certificate, key } });
    await expect(other.get('/api/v1/station')).rejects.toMatchObject({ code: 'certificateForeign' });
    const der = station.standing.certificate.replace(/-----[A-Z ]+-----|\s/g, '');
    const headers = { 'Client-Cert': `:${der}:` };
    const pushed = await fetchThrough(front, headers);
    expect(pushed).toBe(401);
  });

  it('ends when two officers take the station from the roll', async () => {
    const { station, paired } = await aPairedStation('station-gone');
    expect(await isOnRoll(station)).toBe(true);
    const current = anchoredRoll(world.terminal.anchors);
    if (current === undefined) throw new Error('no roll');
    const members = current.roll.members.filter(({ id }) => id !== paired.memberId);
    const next: RollDocument = { ...current.roll, number: current.roll.number + 1, previous: current.digest, members };
    await world.store.documents.put(next, world.clock.now());
    await sign(digestOf(encodeDocument(next)));
    expect(await isOnRoll(station)).toBe(false);
    const roll = (await world.store.rolls.current())?.roll;
    expect(roll?.members.map(({ id }) => id)).not.toContain(paired.memberId);
    expect(decodeDocument(encodeDocument(next)).kind).toBe('roll');
    expect(fingerprintOf(toHex(station.key.signing.publicKey))).toBe(paired.fingerprint);
  });
});

describe('who guesses', () => {
  it('is slowed down', async () => {
    const answers: number[] = [];
    const body = { certificationRequest: '00', name: 'x', mailbox: 'x@ra.example', mac: '00'.repeat(32) };
    for (let guess = 0; guess < 30; guess++) {
      const { invitationId } = drawPairingCode();
      const key = { 'Idempotency-Key': invitationId };
      const answer = await request(world.url)
        .post('/api/v1/station-pairings')
        .set(key)
        .send({ ...body, invitationId });
      answers.push(answer.status);
    }
    expect(answers).toContain(429);
    expect(new Set(answers)).toEqual(new Set([403, 429]));
  });
});

/** Without a client certificate. */
function fetchThrough({ url, certificate }: Front, headers: Record<string, string>): Promise<number> {
  return request(url)
    .get('/api/v1/station')
    .ca(certificate)
    .set(headers)
    .then(({ status }) => status);
}
