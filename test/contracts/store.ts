/** What the stores of the CA and of the portal promise, whatever database they are on. */
import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Approval } from '../../ca-core/approvals/approval.ts';
import type { AuditEvent } from '../../ca-core/audit/leaf.ts';
import { PkiError } from '../../ca-core/errors.ts';
import type { RecordedCertificate } from '../../ca-core/store/certificates.ts';
import { lockingTransaction } from '../../ca-core/store/database.ts';
import { insertAll } from '../../ca-core/store/insert-all.ts';
import { migrateCa } from '../../ca-core/store/migrate-ca.ts';
import type { Intention } from '../../ca-core/store/orders.ts';
import { openStore, type Store } from '../../ca-core/store/store.ts';
import { addApplication, applicationsLike, findApplication } from '../../ra-portal/store/applications.ts';
import { attemptsAbout, noteAttempts } from '../../ra-portal/store/attempts.ts';
import { inOneStep, migratePortal } from '../../ra-portal/store/database.ts';
import { noteSent, noteUnsent, postLetter, waitingLetters } from '../../ra-portal/store/letters.ts';
import { addRegisterRecords, registerRecordsOf } from '../../ra-portal/store/reviews.ts';
import { beginSession, keepChallenge, openSession, takeChallenge } from '../../ra-portal/store/sessions.ts';
import { addEntries, beginSnapshot, currentSnapshot, entryOf, makeCurrent } from '../../ra-portal/store/snapshots.ts';
import { aCaseDocument } from '../approvals/a-case-document.ts';
import { refusalFrom } from '../support/refusal.ts';

const issuer = 'ca'.repeat(32);
/** Beyond 32 bits, as times and counts may be. */
const late = 5_000_000_000;

const event = (action = 'a.test'): AuditEvent => ({
  at: late,
  service: 'ca-core',
  action,
  actor: 'nobody',
  subject: '山田',
  details: {},
});

const approval = (memberId: string): Approval => ({
  memberId,
  expiry: late,
  assertion: { credentialId: 'AA', clientDataJson: 'AA', authenticatorData: 'AA', signature: 'AA' },
});

let drawn = 0;
const drawSerial = (): string => `4a${(++drawn).toString(16).padStart(6, '0')}`;

function certificateOf(change: Partial<RecordedCertificate> = {}): RecordedCertificate {
  const common = { issuer, serialNumber: drawSerial(), orderId: null, caseId: null, profile: 'test', crlShard: 0 };
  return { ...common, certificate: Uint8Array.of(0, 255, 39), notBefore: 1, notAfter: late, ...change };
}

export function describeStore(name: string, open: () => Promise<Knex>): void {
  describe(`the stores on ${name}`, () => {
    let database: Knex;
    let store: Store;
    beforeAll(async () => {
      database = await open();
      await migrateCa(database);
      await migratePortal(database);
      await migrateCa(database);
      await migratePortal(database);
      store = openStore(database);
    });
    afterAll(() => database.destroy());

    const place = async (caseId = `K26-${randomUUID().slice(0, 8)}`): Promise<string> => {
      const digest = await store.documents.put(aCaseDocument({ ca: issuer, caseId }), late);
      for (const member of ['one', 'other']) await store.approvals.record({ digest, at: late, ...approval(member) });
      return caseId;
    };

    const intentionOf = (orderId: string, caseId: string, caseDigest: string): Intention => {
      const rest = { serialNumber: drawSerial(), profile: 'test', tbsCertificate: Uint8Array.of(48, 0), mac: 'mac' };
      return { orderId, caseId, caseDigest, issuer, ...rest };
    };

    describe('give back what was put', () => {
      it('octets as octets, times as numbers, Japanese as it was', async () => {
        await store.issuers.add(
          { id: issuer, name: 'issuing', role: 'issuing', certificate: Uint8Array.of(0, 1, 255) },
          late,
        );
        expect(await store.issuers.list()).toEqual([
          { id: issuer, name: 'issuing', role: 'issuing', certificate: Uint8Array.of(0, 1, 255) },
        ]);
        await store.states.beat({ service: 'ca-core', state: 'red', detail: '鍵が使えません', seenAt: late });
        await store.states.beat({ service: 'ca-core', state: 'green', detail: '', seenAt: late + 1 });
        expect(await store.states.all()).toEqual([
          { service: 'ca-core', state: 'green', detail: '', seenAt: late + 1 },
        ]);
      });

      it('counts as numbers', async () => {
        expect(await store.certificates.count()).toBe(0);
        expect(await store.orders.waiting()).toBe(0);
        expect(await store.status.lastSeq()).toBe(0);
        expect(await store.audit.size()).toBe(0);
      });

      it('a thousand rows at once, in their order', async () => {
        const before = await store.status.lastSeq();
        const certificates = Array.from({ length: 1000 }, () => certificateOf());
        await store.orders.issue(certificates, [event('first'), event('second')], late);
        const changes = await store.status.changesAfter(before, 2000);
        expect(changes.map(change => change.serialNumber)).toEqual(certificates.map(one => one.serialNumber));
        expect(changes[0]).toMatchObject({ change: 'issued', notAfter: late, createdAt: late, revokedAt: null });
        const found = await store.certificates.find(issuer, certificates[999]?.serialNumber ?? '');
        expect(found).toMatchObject({ certificate: Uint8Array.of(0, 255, 39), notAfter: late });
        const { from, leafHashes } = await store.audit.sequence(100, 0);
        expect([from, leafHashes.length]).toEqual([0, 2]);
        expect((await store.audit.from(0, 10)).map(leaf => leaf.seq)).toEqual([0, 1]);
      });
    });

    describe('place an order once', () => {
      it('though both officers sign at the same moment', async () => {
        for (let round = 0; round < 10; round++) {
          const caseId = `K26-${randomUUID().slice(0, 8)}`;
          const digest = await store.documents.put(aCaseDocument({ ca: issuer, caseId }), late);
          const record = (member: string) => store.approvals.record({ digest, at: late, ...approval(member) });
          const progress = await Promise.all([record('one'), record('other')]);
          expect(progress.map(one => one.signatures).sort()).toEqual([1, 2]);
          expect((await store.orders.ofCase(caseId))?.state).toBe('waiting');
        }
      });

      it('though one officer signs twice at the same moment', async () => {
        const digest = await store.documents.put(aCaseDocument({ ca: issuer, caseId: 'K26-twice' }), late);
        const record = () => refusalFrom(store.approvals.record({ digest, at: late, ...approval('one') }));
        const refusals = await Promise.all([record(), record()]);
        expect(refusals.map(refusal => refusal?.code).sort()).toEqual(['approverTwice', undefined]);
        expect(await store.orders.ofCase('K26-twice')).toBeUndefined();
      });
    });

    describe('share orders among workers', () => {
      it('each claimed by one, and only that one may intend', async () => {
        await store.orders.claim('sweeper', 1000);
        const cases = new Set<string>();
        for (let count = 0; count < 12; count++) cases.add(await place());
        const claims = await Promise.all(['a', 'b', 'c'].map(worker => store.orders.claim(worker, 5)));
        expect(claims.flat().length).toBe(12);
        expect(new Set(claims.flat().map(order => order.caseId))).toEqual(cases);
        expect((await store.orders.claimants()).toSorted()).toEqual(['a', 'b', 'c', 'sweeper']);
        const [order] = claims[0] ?? [];
        if (order === undefined) throw new Error('nothing claimed');
        const intention = intentionOf(order.id, order.caseId, order.digest);
        await expect(store.orders.intend('b', [intention], [], [])).rejects.toThrow('took over');
        await store.orders.intend('a', [intention], [], []);
        expect((await store.orders.unfinished(10, ['a'])).length).toBe(0);
        expect(await store.orders.unfinished(10, ['b'])).toEqual([intention]);
      });

      it('and what a worker left is taken over, what a busy one is at is not', async () => {
        await store.orders.takeOver('c', ['b']);
        expect((await store.orders.claimants()).toSorted()).toEqual(['b', 'c']);
        expect((await store.orders.unfinished(10, ['c'])).length).toBe(0);
        expect((await store.orders.unfinished(10, ['b'])).length).toBe(1);
        const [order] = await store.orders.claim('c', 1);
        if (order === undefined) throw new Error('nothing given back');
        await store.orders.refuse(order, new PkiError('digestMismatch'), event());
        expect(await store.orders.ofCase(order.caseId)).toMatchObject({
          state: 'refused',
          refusal: { code: 'digestMismatch' },
        });
        expect(await place(order.caseId)).toBe(order.caseId);
      });
    });

    describe('let one lead', () => {
      it('until it is silent, gone or resigns', async () => {
        const { leases } = store;
        const wish = (holder: string, now: number, gone: string | null = null) => ({
          holder,
          now,
          until: now + 15,
          gone,
        });
        const wishes = await Promise.all(['a', 'b', 'c'].map(holder => leases.lead(wish(holder, late))));
        expect(wishes.filter(Boolean).length).toBe(1);
        const { holder, expiresAt, vouchedUntil } = await leases.leader();
        expect([expiresAt, vouchedUntil]).toEqual([late + 15, 0]);
        const other = holder === 'a' ? 'b' : 'a';
        expect(await leases.lead(wish(other, late + 14))).toBe(false);
        expect(await leases.vouch(other, late + 20)).toBe(false);
        expect(await leases.vouch(holder ?? '', late + 20)).toBe(true);
        expect(await leases.lead(wish(other, late + 1, holder))).toBe(true);
        await leases.resign(holder ?? '');
        expect((await leases.leader()).holder).toBe(other);
        await leases.resign(other);
        expect(await leases.leader()).toEqual({ holder: null, expiresAt: 0, vouchedUntil: 0 });
      });
    });

    describe('number status changes as they become visible', () => {
      it('so that whoever follows them misses none', async () => {
        const start = await store.status.lastSeq();
        let followed = start;
        let seen = 0;
        const writing = { isDone: false };
        const following = (async () => {
          while (!writing.isDone || (await store.status.lastSeq()) > followed) {
            const changes = await store.status.changesAfter(followed, 50);
            seen += changes.length;
            followed = changes.at(-1)?.seq ?? followed;
          }
        })();
        const write = async (): Promise<void> => {
          for (let count = 0; count < 20; count++)
            await store.orders.issue([certificateOf(), certificateOf()], [], late);
        };
        await Promise.all([write(), write(), write(), write()]);
        writing.isDone = true;
        await following;
        expect(seen).toBe(160);
      });
    });

    describe('keep the audit log', () => {
      it('losing no event that is written while others are moved', async () => {
        for (let left = 1; left > 0; left = (await store.audit.sequence(500, 0)).leafHashes.length);
        const start = await store.audit.size();
        const write = async (name: string): Promise<void> => {
          for (let count = 0; count < 25; count++) {
            await lockingTransaction(database, transaction =>
              insertAll(transaction, 'audit_outbox', [{ event: JSON.stringify(event(name)) }]),
            );
          }
        };
        const writing = { isDone: false };
        const moving = (async () => {
          while (!writing.isDone || (await store.audit.size()) < start + 100) await store.audit.sequence(7, 0);
        })();
        await Promise.all(['a', 'b', 'c', 'd'].map(write));
        writing.isDone = true;
        await moving;
        expect(await store.audit.size()).toBe(start + 100);
      });

      it('in one piece with what it is about', async () => {
        const before = await database('audit_outbox').count({ n: '*' });
        const failing = database.transaction(async transaction => {
          await insertAll(transaction, 'audit_outbox', [{ event: '{}' }]);
          throw new Error('undone');
        });
        await expect(failing).rejects.toThrow('undone');
        expect(await database('audit_outbox').count({ n: '*' })).toEqual(before);
      });
    });

    describe('hand a sealed key out', () => {
      it('once, though it is asked for twice at the same moment', async () => {
        const caseId = await place();
        const [order] = (await store.orders.claim('a', 1000)).filter(one => one.caseId === caseId);
        if (order === undefined) throw new Error('not claimed');
        const intention = intentionOf(order.id, caseId, order.digest);
        const delivery = { caseId, sealedKey: Uint8Array.of(0, 7, 255), wrappedKey: null, expiresAt: late };
        await store.orders.intend('a', [intention], [delivery], [event()]);
        expect((await refusalFrom(store.deliveries.take(caseId, 1)))?.code).toBe('notYetIssued');
        await store.orders.issue(
          [certificateOf({ orderId: order.id, caseId, serialNumber: intention.serialNumber })],
          [],
          2,
        );
        const taken = await Promise.allSettled([1, 2, 3].map(() => store.deliveries.take(caseId, 3)));
        expect(taken.filter(one => one.status === 'fulfilled').map(one => one.value)).toEqual([
          Uint8Array.of(0, 7, 255),
        ]);
        expect(await store.deliveries.state(caseId)).toEqual({ expiresAt: late, pickedUpAt: 3, sealed: false });
      });
    });

    describe('of the portal', () => {
      const application = (caseId: string, romanName: string) => ({
        caseId,
        state: 'submitted' as const,
        language: 'ja' as const,
        profile: 'jcan-classic',
        claim: { ...aCaseDocument({ ca: issuer }).claim, romanName },
        subjectKey: { from: 'server' as const, algorithm: 'p-256' as const, sealTo: 'ab'.repeat(32) },
        typed: {},
        mailboxProvedAt: null,
        decision: null,
        documentDigest: null,
        submittedAt: late,
        changedAt: late,
      });

      it('keep applications and find them by part of a name, whatever its case, taking % and _ as they are', async () => {
        const one = application('K26-AAAA-0001', 'Yamada Hanako');
        await addApplication(database, one, { submissionId: 'one', accessCode: 'hash' });
        await addApplication(database, application('K26-AAAA-0002', '100%_sure'), {
          submissionId: 'two',
          accessCode: 'hash',
        });
        expect(await findApplication(database, one.caseId)).toEqual(one);
        const like = async (text: string): Promise<string[]> =>
          (await applicationsLike(database, { text, state: null, limit: 10 })).map(found => found.caseId);
        expect(await like('yamada h')).toEqual([one.caseId]);
        expect(await like('%_s')).toEqual(['K26-AAAA-0002']);
        expect(await like('y%o')).toEqual([]);
        expect((await like('花子')).sort()).toEqual(['K26-AAAA-0001', 'K26-AAAA-0002']);
        await addRegisterRecords(database, one.caseId, { records: { nta: null, robins: null }, at: late });
        expect(await registerRecordsOf(database, one.caseId)).toEqual({ nta: null, robins: null });
      });

      it('take a challenge once and keep sessions by their hash', async () => {
        await keepChallenge(database, 'challenge', late);
        const taken = await Promise.all([1, 2, 3].map(() => takeChallenge(database, 'challenge', 1)));
        expect(taken.filter(Boolean).length).toBe(1);
        const token = await beginSession(database, { kind: 'officer', subject: 'one', means: 'passkey', at: late });
        expect(await openSession(database, token)).toMatchObject({ subject: 'one', createdAt: late });
        await noteAttempts(database, 'x', { wrong: 1, blockedUntil: late });
        await noteAttempts(database, 'x', { wrong: 2, blockedUntil: late });
        expect(await attemptsAbout(database, 'x')).toEqual({ wrong: 2, blockedUntil: late });
      });

      it('post a letter with the step that it is about, or not at all', async () => {
        const letter = { mailbox: 'a@example.jp', subject: '件名', body: '本文', at: late };
        const failing = inOneStep(database, async step => {
          await postLetter(step, letter);
          throw new Error('undone');
        });
        await expect(failing).rejects.toThrow('undone');
        await inOneStep(database, step => postLetter(step, letter));
        const [waiting] = await waitingLetters(database, late, 10);
        await noteUnsent(database, waiting?.id ?? '', late);
        expect(await waitingLetters(database, late, 10)).toMatchObject([{ subject: '件名', attempts: 1 }]);
        await noteSent(database, waiting?.id ?? '', late);
        expect(await waitingLetters(database, late, 10)).toEqual([]);
      });

      it('put a register in the place of an older one', async () => {
        for (const entry of ['old', 'new']) {
          const id = await beginSnapshot(database, 'nta');
          await addEntries(database, id, [
            { corporateNumber: '1', entry: 'replaced' },
            ...Array.from({ length: 500 }, (_, at) => ({ corporateNumber: String(at + 2), entry })),
          ]);
          await addEntries(database, id, [{ corporateNumber: '1', entry }]);
          expect(await makeCurrent(database, { id, register: 'nta', at: late })).toBe(501);
        }
        const current = await currentSnapshot(database, 'nta');
        expect(current).toMatchObject({ since: late, entries: 501 });
        expect(await entryOf(database, current?.id ?? '', '1')).toBe('new');
        expect((await database('register_entries').count({ n: '*' }))[0]).toEqual({ n: 501 });
      });
    });
  });
}
