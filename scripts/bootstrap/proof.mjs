import { ensureCardBinding } from './card-binding.mjs';
import { ensurePackages } from './debian.mjs';
import { judgeEndOfLife } from './end-of-life.mjs';
import { checkNode, ensureInstalled } from './install.mjs';
import { alone } from './lock.mjs';
import { orStop, say } from './say.mjs';
import { verdicts } from './verdicts.mjs';

/** Installs what the tests need, runs everything, prints the sum as the last line, and sets the exit code. */
export async function prove({ packages, vitest = [], env = {} }) {
  await orStop(async () => {
    checkNode();
    await alone(ensureInstalled);
    await ensurePackages(packages);
    if (packages.includes('pcscd')) await alone(ensureCardBinding);
  });
  const { over, warnings } = await judgeEndOfLife(new Date());
  for (const sentence of [...over, ...warnings]) say(`! ${sentence}`);
  const { passed, failed } = await verdicts({ vitest, env });
  process.exitCode = failed === 0 ? 0 : 1;
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
}
