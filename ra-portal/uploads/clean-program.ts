/** A program that cleans the one file on its standard input and answers on the fourth stream (cleaning.ts). */
import { writeSync } from 'node:fs';
import { writeCleaned, writeRefusal } from './cleaned.ts';

const answers = 3;

// What the decoder throws from a timer of its own, or while it is loaded, reaches nobody else.
process.once('uncaughtException', error => {
  say(writeRefusal(error));
  process.exit();
});
const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const { cleanFile } = await import('./clean-file.ts');
say(await cleanFile(Buffer.concat(chunks)).then(writeCleaned, writeRefusal));

function say(answer: Buffer): void {
  for (let at = 0; at < answer.length;) at += writeSync(answers, answer, at);
}
