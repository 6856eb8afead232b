/** What the stores of the portal promise. */
import { describe, expect, it } from 'vitest';
import { addApplication, applicationsLike, findApplication } from '../../ra-portal/store/applications.ts';
import { attemptsAbout, noteAttempts } from '../../ra-portal/store/attempts.ts';
import { inOneStep } from '../../ra-portal/store/database.ts';
import { noteSent, noteUnsent, postLetter, waitingLetters } from '../../ra-portal/store/letters.ts';
import { addRegisterRecords, registerRecordsOf } from '../../ra-portal/store/reviews.ts';
import { beginSession, keepChallenge, openSession, takeChallenge } from '../../ra-portal/store/sessions.ts';
import { addEntries, beginSnapshot, currentSnapshot, entryOf, makeCurrent } from '../../ra-portal/store/snapshots.ts';
import { aCaseDocument } from '../approvals/a-case-document.ts';
import { issuer, late, type StoreGround } from './support/store-ground.ts';

/** Of a portal that has nothing yet. */
export function describePortal(ground: StoreGround): void {
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
      await addApplication(ground.database, one, { submissionId: 'one', accessCode: 'hash' });
      await addApplication(ground.database, application('K26-AAAA-0002', '100%_sure'), {
        submissionId: 'two',
        accessCode: 'hash',
      });
      expect(await findApplication(ground.database, one.caseId)).toEqual(one);
      const like = async (text: string): Promise<string[]> =>
        (await applicationsLike(ground.database, { text, state: null, limit: 10 })).map(found => found.caseId);
      expect(await like('yamada h')).toEqual([one.caseId]);
      expect(await like('%_s')).toEqual(['K26-AAAA-0002']);
      expect(await like('y%o')).toEqual([]);
      expect((await like('花子')).sort()).toEqual(['K26-AAAA-0001', 'K26-AAAA-0002']);
      await addRegisterRecords(ground.database, one.caseId, { records: { nta: null, robins: null }, at: late });
      expect(await registerRecordsOf(ground.database, one.caseId)).toEqual({ nta: null, robins: null });
    });

    it('take a challenge once and keep sessions by their hash', async () => {
      await keepChallenge(ground.database, 'challenge', late);
      const taken = await Promise.all([1, 2, 3].map(() => takeChallenge(ground.database, 'challenge', 1)));
      expect(taken.filter(Boolean).length).toBe(1);
      const token = await beginSession(ground.database, {
        kind: 'officer',
        subject: 'one',
        means: 'passkey',
        at: late,
      });
      expect(await openSession(ground.database, token)).toMatchObject({ subject: 'one', createdAt: late });
      await noteAttempts(ground.database, 'x', { wrong: 1, blockedUntil: late });
      await noteAttempts(ground.database, 'x', { wrong: 2, blockedUntil: late });
      expect(await attemptsAbout(ground.database, 'x')).toEqual({ wrong: 2, blockedUntil: late });
    });

    it('post a letter with the step that it is about, or not at all', async () => {
      const letter = { mailbox: 'a@example.jp', subject: '件名', body: '本文', at: late };
      const failing = inOneStep(ground.database, async step => {
        await postLetter(step, letter);
        throw new Error('undone');
      });
      await expect(failing).rejects.toThrow('undone');
      await inOneStep(ground.database, step => postLetter(step, letter));
      const [waiting] = await waitingLetters(ground.database, late, 10);
      await noteUnsent(ground.database, waiting?.id ?? '', late);
      expect(await waitingLetters(ground.database, late, 10)).toMatchObject([{ subject: '件名', attempts: 1 }]);
      await noteSent(ground.database, waiting?.id ?? '', late);
      expect(await waitingLetters(ground.database, late, 10)).toEqual([]);
    });

    it('put a register in the place of an older one', async () => {
      for (const entry of ['old', 'new']) {
        const id = await beginSnapshot(ground.database, 'nta');
        await addEntries(ground.database, id, [
          { corporateNumber: '1', entry: 'replaced' },
          ...Array.from({ length: 500 }, (_, at) => ({ corporateNumber: String(at + 2), entry })),
        ]);
        await addEntries(ground.database, id, [{ corporateNumber: '1', entry }]);
        expect(await makeCurrent(ground.database, { id, register: 'nta', at: late })).toBe(501);
      }
      const current = await currentSnapshot(ground.database, 'nta');
      expect(current).toMatchObject({ since: late, entries: 501 });
      expect(await entryOf(ground.database, current?.id ?? '', '1')).toBe('new');
      expect((await ground.database('register_entries').count({ n: '*' }))[0]).toEqual({ n: 501 });
    });
  });
}
