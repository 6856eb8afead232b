import { mkdirSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';

export interface Letter {
  readonly id: string;
  readonly mailbox: string;
  readonly subject: string;
  readonly body: string;
}

export interface Mailer {
  readonly send: (letter: Letter) => Promise<void>;
}

/** `folder:/path` writes one .eml file per letter, for development; `smtp://` and `smtps://` URLs deliver. */
export function openMailer(setting: string, from: string): Mailer {
  return setting.startsWith('folder:')
    ? folderMailer(setting.slice('folder:'.length), from)
    : smtpMailer(setting, from);
}

function smtpMailer(url: string, from: string): Mailer {
  const transport = createTransport(url, { from });
  const send = async (letter: Letter): Promise<void> => {
    await transport.sendMail(messageOf(letter));
  };
  return { send };
}

function folderMailer(folder: string, from: string): Mailer {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'unix' }, { from });
  const send = async (letter: Letter): Promise<void> => {
    const sent = await transport.sendMail({ ...messageOf(letter), textEncoding: 'base64' });
    const path = join(folder, `${letter.id}.eml`);
    await writeFile(`${path}.part`, sent.message as Buffer, { mode: 0o600 });
    await rename(`${path}.part`, path);
  };
  return { send };
}

const messageOf = ({ id, mailbox, subject, body }: Letter) => ({
  to: { name: '', address: mailbox },
  subject,
  text: body,
  messageId: `<${id}@kakuin.invalid>`,
});
