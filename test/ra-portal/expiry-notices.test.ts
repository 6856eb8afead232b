/** Who is told that a certificate ends: when, once, and by a letter that is neither lost nor tells a secret. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../ca-core/log.ts';
import { openPostOffice } from '../../ra-portal/mail/post-office.ts';
import { postExpiryDigests } from '../../ra-portal/renewals/expiry-digest.ts';
import { postExpiryNotices } from '../../ra-portal/renewals/expiry-notices.ts';
import { noteNotice } from '../../ra-portal/store/expiry-notices.ts';
import { inOneStep } from '../../ra-portal/store/database.ts';
import { postLetter } from '../../ra-portal/store/letters.ts';
import { anEnding, day, lettersTo, type AnEnding } from './support/an-ending.ts';
import { person } from './support/an-application.ts';
import { partsOf } from './support/parts-of.ts';

let ending: AnEnding;
let world: AnEnding['world'];
let parts: AnEnding['parts'];
let lra: AnEnding['lra'];
let held: AnEnding['held'];
let revoked: AnEnding['revoked'];
let notAfter: number;
beforeAll(async () => {
  ending = await anEnding();
  ({ world, parts, lra, held, revoked, notAfter } = ending);
});
afterAll(() => world.end());

describe('the end of a certificate', () => {
  it('is told at no other time than the policy says', async () => {
    ending.until(61);
    expect(await postExpiryNotices(parts)).toBe(0);
  });

  it('is told once, by whichever of several portals comes first, in both languages, without a secret', async () => {
    ending.until(60);
    const other = partsOf(world);
    const posted = await Promise.all([postExpiryNotices(parts), postExpiryNotices(other), postExpiryNotices(parts)]);
    expect(posted.reduce((sum, one) => sum + one)).toBe(1);
    const [letter = '', more] = await lettersTo(world, person.mailbox, '/renew');
    expect(more).toBeUndefined();
    expect(letter).toMatch(/期限が来ます（あと60日）[\s\S]*60 days from now/);
    expect(letter).toContain(`${world.settings.url}/applications/${held.caseId}/renew\n`);
    expect(letter).not.toContain(held.accessCode);
    expect(letter).not.toContain('renew#');
  });

  it('is told to the organisation’s desk in one list a day, and not before its hour', async () => {
    await world.database('letters').where('mailbox', lra.mailbox).delete();
    await world.database('expiry_notices').update({ digested_at: null });
    expect(await digestsAt(8 * 3_600 + 59 * 60, 9 * 3_600)).toEqual([0, 1]);
    const [letter = '', more] = (await lettersTo(world, lra.mailbox, '/lra/ending')).slice(-1);
    expect([letter.includes(held.caseId), letter.includes(revoked.caseId), more]).toEqual([true, false, undefined]);
    expect(letter).not.toContain('架空 太郎');
    expect(await postExpiryDigests(parts)).toBe(0);
  });

  it('is neither lost nor told twice where a portal dies in the middle', async () => {
    ending.until(30);
    const certificate = { serialNumber: 'ab', caseId: held.caseId, organisation: '', notBefore: 0, notAfter };
    const dying = inOneStep(world.database, async trx => {
      await noteNotice(trx, certificate, { days: 30, postedAt: 1 });
      await postLetter(trx, { mailbox: 'half@made.example', subject: '', body: '', at: 1 });
      throw new Error('killed');
    });
    await expect(dying).rejects.toThrow('killed');
    expect(await world.database('letters').where('mailbox', 'half@made.example')).toEqual([]);
    expect([await postExpiryNotices(parts), await postExpiryNotices(parts)]).toEqual([1, 0]);
  });

  it('waits in the database while the mail server is away, and goes out once when it is back', async () => {
    const waiting = await world.database('letters').whereNull('sent_at').where('mailbox', person.mailbox);
    expect(waiting).toHaveLength(1);
    let isDown = true;
    const sent: string[] = [];
    const mailer = {
      send: ({ id }: { readonly id: string }) =>
        isDown ? Promise.reject(new Error('connection refused')) : (sent.push(id), Promise.resolve()),
    };
    const office = (): Promise<void> =>
      openPostOffice({ database: world.database, mailer, clock: world.clock, log: silentLog }).send();
    await office();
    isDown = false;
    await office();
    expect(sent).toEqual([]);
    world.clock.pass(3_600);
    await Promise.all([office(), office()]);
    expect(sent).toHaveLength(1);
  });

  it('is never told of what is revoked', async () => {
    expect(await lettersTo(world, 'jiro@kakuu-kakuin.example', '/renew')).toEqual([]);
  });
});

/** How many digests were posted at these seconds of one day in Japan, one after the other. */
async function digestsAt(...times: readonly number[]): Promise<readonly number[]> {
  const japan = 9 * 3_600;
  const midnight = Math.ceil((world.clock.now() + japan) / day) * day - japan;
  const posted: number[] = [];
  for (const time of times) {
    world.clock.pass(midnight + time - world.clock.now());
    posted.push(await postExpiryDigests(parts));
  }
  return posted;
}
