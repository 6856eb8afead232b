/** What a program of another user of this machine has that got the page's cookie at a port of its own: no letter, no act. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import request, { type Test } from 'supertest';
import type { Letters } from '../../issuing-station/letters/letters.ts';
import { openBoard } from '../../issuing-station/page/board.ts';
import { openStationPage, type StationPage } from '../../issuing-station/page/station-page.ts';

const letter = { jobId: 'job-1', serial: 'S-1', label: 'Kakuu Taro', name: '架空 太郎', organisationName: '架空角印' };
const pin = '482913';
const asked: string[] = [];
let station: StationPage;
let cookie: string;
let secret: string;
beforeAll(async () => {
  const letters: Letters = {
    waiting: () => [letter],
    show: jobId => Promise.resolve(asked.push(`show ${jobId}`)).then(() => ({ ...letter, pin })),
    close: jobId => Promise.resolve(asked.push(`close ${jobId}`)).then(() => undefined),
  };
  const onBug = (error: unknown): never => {
    throw error;
  };
  const ground = { board: openBoard(onBug), tokens: null, cards: null, scripts: '.', letters, onBug };
  station = await openStationPage(ground);
  const opened = await request(station.url).get(station.link.slice(station.url.length)).expect(200);
  cookie = /station=[\w-]+/.exec(opened.get('Set-Cookie')?.join() ?? '')?.[0] ?? '';
  secret = /name="station" content="([\w-]+)"/.exec(opened.text)?.[1] ?? '';
});
afterAll(() => station.close());

const post = (path: string, headers: object = {}): Test =>
  request(station.url)
    .post(path)
    .set({ Cookie: cookie, Origin: station.url, ...headers })
    .type('form');

it('with the cookie alone no letter is shown or closed, and nobody is named', async () => {
  for (const given of [{}, { 'X-Station': '' }, { 'X-Station': cookie.split('=')[1] }, { 'X-Station': `${secret}x` }]) {
    for (const path of ['/letters/job-1/show', '/letters/job-1/close'])
      expect((await post(path, given)).status).toBe(403);
    for (const path of ['/now', '/letters/waiting'])
      await request(station.url)
        .get(path)
        .set({ Cookie: cookie, ...given })
        .expect(403);
  }
  for (const path of ['/letters', '/', station.link.slice(station.url.length)]) {
    const { text } = await request(station.url).get(path).set({ Cookie: cookie }).redirects(1).expect(200);
    for (const word of [secret, letter.label, letter.serial]) expect(text).not.toContain(word);
  }
  expect(asked).toEqual([]);
});

it('with the secret alone, too', async () => {
  expect(secret.length).toBeGreaterThan(40);
  await post('/letters/job-1/show', { Cookie: 'lang=ja', 'X-Station': secret }).expect(403);
  expect(asked).toEqual([]);
});

it('with both, in a header or a field, the letter is shown', async () => {
  expect((await post('/letters/job-1/show', { 'X-Station': secret }).expect(200)).text).toContain(pin.slice(0, 4));
  await post('/letters/job-1/close').send({ station: secret }).expect(303);
  expect(asked).toEqual(['show job-1', 'close job-1']);
});
