/** `npm run demo -- --out DIR`: the whole story on a platform of its own, judged by OpenSSL. */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { exitCodeAfter } from './commands/command.ts';
import { folderToBe } from './commands/named-file.ts';
import { judgeChain, judgeSubscriber } from './demo/judge-certificates.ts';
import { judgePkcs12 } from './demo/judge-pkcs12.ts';
import { judgeGood, judgeRevoked } from './demo/judge-status.ts';
import { openJudge } from './demo/judge.ts';
import { startOwnPlatform } from './demo/own-platform.ts';
import { form, playStory } from './demo/story.ts';

const program = new Command('demo')
  .exitOverride()
  .description('plays the story from application to revocation and lets OpenSSL judge what it leaves')
  .requiredOption('--out <folder>', 'where certificates, answers, CRLs and checks.txt go')
  .action(async ({ out }: { out: string }) => {
    const folder = resolve(process.env.INIT_CWD ?? '.', out);
    mkdirSync(folderToBe(folder), { recursive: true });
    await play(folder);
    await judge(folder);
  });

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeAfter(error);
}

async function play(folder: string): Promise<void> {
  const say = stepper();
  say('A platform of its own starts on free ports, in a temporary home.');
  const platform = await startOwnPlatform(line => console.log(line));
  const end = (): void => void platform.stop().then(() => process.exit(1));
  process.once('SIGINT', end).once('SIGTERM', end);
  try {
    await playStory(platform, folder, say);
    console.log((await platform.console('audit', 'verify')).replace(/^/gm, '  '));
  } finally {
    await platform.stop();
  }
}

async function judge(folder: string): Promise<void> {
  console.log(`\nOpenSSL judges what is in ${folder}:`);
  const court = openJudge(folder, text => console.log(text));
  await judgeChain(court);
  await judgeSubscriber(court, form.mailbox);
  await judgePkcs12(court);
  await judgeGood(court);
  await judgeRevoked(court, { inCrl: 'Key Compromise', inOcsp: 'keyCompromise' });
  const failures = court.failures();
  console.log(
    failures.length === 0 ? '\nEvery check held.' : `\nThese checks did not hold:\n  ${failures.join('\n  ')}`,
  );
  if (failures.length > 0) process.exitCode = 1;
}

function stepper(): (line: string) => void {
  let number = 0;
  return line => {
    number += 1;
    console.log(`${String(number).padStart(2)}. ${line}`);
  };
}
