import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const lookEvery = 200;

/** The code in a letter to that mailbox; letters are files here. Throws when none comes within so many milliseconds. */
export async function codeFor(mailbox: string, folder: string, within = 20_000): Promise<string> {
  for (let turn = 0; turn < within / lookEvery; turn += 1) {
    const code = letters(folder)
      .filter(letter => letter.includes(mailbox))
      .map(codeIn)
      .find(found => found !== undefined);
    if (code !== undefined) return code;
    await pause(lookEvery);
  }
  throw new Error(`No letter came to ${mailbox}.`);
}

function letters(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter(name => name.endsWith('.eml'));
  return names.map(name => readFileSync(join(folder, name), 'utf8'));
}

/** The code is the fragment of the letter's link. */
function codeIn(letter: string): string | undefined {
  const cut = letter.search(/\r?\n\r?\n/);
  const body = Buffer.from(letter.slice(cut), 'base64').toString('utf8');
  return /\/mailbox#(\S+)/.exec(body)?.[1];
}
