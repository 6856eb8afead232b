/** Documents that applicants send: looked through, shown as pictures, and nothing kept of what is refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CleanFile } from '../../ra-portal/uploads/clean-file.ts';
import { takeUpload } from '../../ra-portal/uploads/take-upload.ts';
import type { APortal, PortalOfficer } from './support/a-portal.ts';
import { apply } from './support/an-application.ts';
import { aHeic, aJpeg, aPng, aSlowPdf, codedPicture, place } from './support/files.ts';
import { partsOf } from './support/parts-of.ts';
import { anApplicantsPortal, type AnApplicantsPortal } from './support/an-applicants-portal.ts';

let portal: AnApplicantsPortal;
let world: APortal;
let officers: readonly [PortalOfficer, PortalOfficer];
beforeAll(async () => {
  portal = await anApplicantsPortal();
  ({ world, officers } = portal);
});
afterAll(() => portal.end());

describe('a document', () => {
  it.each<[string, Buffer, { fields?: Record<string, string> }, string]>([
    ['of no kind that is taken', Buffer.from('<html>'), {}, 'PDF、JPEG、PNG、HEIC'],
    ['with an archive behind it', Buffer.concat([aPng(), Buffer.from('PK')]), {}, '余分な内容'],
    ['that is half a photograph', aHeic({ coded: codedPicture.subarray(0, 8) }), {}, '余分な内容'],
    [
      'for no purpose of this profile',
      aJpeg(),
      { fields: { document: 'mailbox', validUntil: '' } },
      '形式が正しくありません',
    ],
    [
      'with a day that is none',
      aJpeg(),
      { fields: { document: 'passport', validUntil: '令和8年2月30日' } },
      '日付として',
    ],
    ['that is not there', Buffer.alloc(0), {}, '入力してください'],
  ])('%s is refused with a sentence, and nothing is kept', async (_, file, choice, sentence) => {
    const visitor = await portal.begun();
    const answer = await portal.send(visitor, '/apply/documents', file, choice);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain(sentence);
    expect((await visitor.page('/apply/documents')).text).toContain('まだありません');
  });

  it.each(['../../etc/passwd.jpg', '..\\x.jpg', '/etc/passwd'])('called %s is refused', async name => {
    const visitor = await portal.begun();
    const head = `--x\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`;
    const body = Buffer.concat([Buffer.from(head), aJpeg(), Buffer.from('\r\n--x--\r\n')]);
    const headers = { Origin: world.url, 'Content-Type': 'multipart/form-data; boundary=x' };
    const answer = await visitor.agent.post('/apply/documents').set(headers).send(body).expect(422);
    expect(answer.text).toContain('余分な内容');
  });

  it('in HEIC is shown as a JPEG, to the applicant and to the officer, who can also save what was sent', async () => {
    const visitor = await portal.answered();
    expect((await portal.send(visitor, '/apply/documents', aHeic())).status).toBe(303);
    const path = /\/apply\/documents\/[0-9a-f-]{36}/.exec((await visitor.page('/apply/documents')).text)?.[0] ?? '';
    const shown = await visitor.page(path).expect(200).expect('Content-Type', 'image/jpeg');
    expect((shown.body as Buffer).subarray(0, 3).toString('hex')).toBe('ffd8ff');
    const caseId = await portal.submitted(visitor);
    await officers[0].signIn();
    const atDesk = path.replace('/apply', `/officer/cases/${caseId}`);
    const seen = await officers[0].visitor
      .page(atDesk)
      .expect(200)
      .expect('Content-Disposition', /^inline/);
    expect(seen.body).toEqual(shown.body);
    const original = await officers[0].visitor.page(`${atDesk}?original`).expect(200);
    expect(original.headers).toMatchObject({ 'content-type': 'image/heic' });
    expect(original.headers['content-disposition']).toMatch(/^attachment; filename=".*\.heic"/);
    expect((original.body as Buffer).toString('latin1')).not.toContain(place);
  });

  it('that was still being looked through when its draft was erased, or withdrawn, is not kept', async () => {
    const { caseId } = await apply(world);
    const before = (await world.rows())['uploads'];
    const parts = partsOf(world);
    const late = async (): Promise<CleanFile> => {
      await world.database('applications').where({ case_id: caseId }).update({ state: 'withdrawn' });
      return { kind: 'png', file: aPng(), shown: null };
    };
    const given = { document: 'driving-licence', validUntil: '', file: aPng(), profile: 'jcan-classic' };
    for (const owner of [caseId, 'a draft that is gone'])
      await expect(takeUpload({ ...parts, cleanUpload: late }, owner, given)).rejects.toThrow('applicationState');
    expect((await world.rows())['uploads']).toBe(before);
  });

  it('that takes long to look through keeps nobody else waiting', async () => {
    const visitor = await portal.begun();
    let statusOfUpload = 0;
    const sending = async (): Promise<void> => {
      statusOfUpload = (await portal.send(visitor, '/apply/documents', aSlowPdf(30_000))).status;
    };
    const upload = sending();
    let pages = 0;
    while (statusOfUpload === 0) {
      await world.visitor().page('/').expect(200);
      pages += 1;
    }
    expect(pages).toBeGreaterThan(5);
    await upload;
    expect(statusOfUpload).toBe(422);
  });

  it('is taken from nobody without the token of a page, and not from another address', async () => {
    const visitor = await portal.begun();
    const post = () => visitor.agent.post('/apply/documents').attach('file', aJpeg(), 'a.jpg');
    await post().set('Origin', world.url).expect(403);
    await post().set('Origin', 'http://evil.example').expect(403);
  });
});
