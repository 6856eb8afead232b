/** Letters leave by SMTP or as files, once, and are tried again. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../ca-core/log.ts';
import { openMailer, type Mailer } from '../../ra-portal/mail/mailer.ts';
import { openPostOffice } from '../../ra-portal/mail/post-office.ts';
import { postLetter, waitingLetters } from '../../ra-portal/store/letters.ts';
import { lettersToSend } from '../../ra-portal/store/operations.ts';
import { anSmtpServer, type AnSmtpServer } from '../support/an-smtp-server.ts';
import { aPortal, type APortal } from './support/a-portal.ts';

let world: APortal;
let server: AnSmtpServer;
beforeAll(async () => {
  world = await aPortal();
  server = await anSmtpServer();
});
afterAll(async () => {
  await server.goAway();
  await world.end();
});

const letter = { mailbox: 'taro@kakuu-kakuin.example', subject: '【Kakuin】確認', body: 'コードは ABCD です' };

describe('a letter', () => {
  it('goes by SMTP as it was written', async () => {
    const { url, received } = server;
    await openMailer(url, 'Kakuin <no-reply@localhost>').send({ id: '1', ...letter });
    expect(received).toHaveLength(1);
    expect(received[0]).toContain('To: taro@kakuu-kakuin.example');
    const body = Buffer.from(received[0]?.split('\n\n')[1] ?? '', 'base64').toString();
    expect(body).toBe(letter.body);
  });

  it('is tried again later when it cannot go, and is empty once it went', async () => {
    let isDown = true;
    const sent: string[] = [];
    const mailer: Mailer = {
      send: ({ body }) => {
        if (isDown) return Promise.reject(new Error('connection refused'));
        sent.push(body);
        return Promise.resolve();
      },
    };
    const { database, clock } = world;
    const { send } = openPostOffice({ database, mailer, clock, log: silentLog });
    await postLetter(database, { ...letter, at: clock.now() });
    await send();
    isDown = false;
    await send();
    expect(sent).toEqual([]);
    clock.pass(16);
    await Promise.all([send(), send()]);
    expect(sent).toEqual([letter.body]);
    expect(await waitingLetters(database, clock.now() + 1e6, 9)).toEqual([]);
    expect(JSON.stringify(await database('letters'))).not.toContain('ABCD');
  });

  it('is given up where its address is refused for good, or after five days, and calls no operator then', async () => {
    const { database, clock } = world;
    await database('letters').delete();
    const { send } = openPostOffice({ database, mailer: openMailer(server.url, 'a@x.example'), clock, log: silentLog });
    for (const mailbox of ['nobody@x.example', 'full@x.example'])
      await postLetter(database, { ...letter, mailbox, at: clock.now() });
    await send();
    const given = (): Promise<unknown> => database('letters').orderBy('mailbox').select('mailbox', 'given_up', 'body');
    const nobody = { mailbox: 'nobody@x.example', given_up: 'refused', body: '' };
    expect(await given()).toEqual([{ mailbox: 'full@x.example', given_up: null, body: letter.body }, nobody]);
    expect((await lettersToSend(database)).length).toBe(1);
    clock.pass(5 * 86_400);
    await send();
    expect(await given()).toEqual([{ mailbox: 'full@x.example', given_up: 'late', body: '' }, nobody]);
    expect((await lettersToSend(database)).length).toBe(0);
    await send();
    expect(server.received).toHaveLength(1);
  });
});
