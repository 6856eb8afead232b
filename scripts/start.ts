/** `npm start`: the whole platform on one machine, from nothing to `Kakuin is ready`. */
import { drawOwnBackupKey } from './backup-key-files.ts';
import { confirmAtTerminal, founderLines } from './officers-desk.ts';
import { addressLines, startPlatform } from './platform.ts';
import { checkPorts } from './ports.ts';
import { prepare } from './prepare.ts';
import { sayWhy } from './sentences.ts';
import { readSettings } from './settings.ts';

const steps = 8;
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());

process.umask(0o077);

try {
  await run();
} catch (error) {
  if (!stopping.signal.aborted) {
    sayWhy(error);
    process.exit(1);
  }
}
process.exit(0);

async function run(): Promise<void> {
  const step = stepper();
  step('Checking the settings and the ports');
  const settings = readSettings(process.env);
  await checkPorts(settings);
  await prepare(settings, { step, tell: say });
  (await drawOwnBackupKey(settings)).forEach(line => say(`      ${line}`));
  step('Starting the six services');
  const platform = await startPlatform({ settings, say, signal: stopping.signal });
  try {
    step('Listening at');
    addressLines(settings).forEach(say);
    step('Looking for officers');
    (await founderLines(settings)).forEach(say);
    say('Kakuin is ready');
    await confirmAtTerminal(settings, stopping.signal);
    await stopped();
  } finally {
    say('Stopping …');
    await platform.stop();
  }
}

function stepper(): (what: string) => void {
  let number = 0;
  return what => {
    stopping.signal.throwIfAborted();
    number += 1;
    say(`[${number}/${steps}] ${what}`);
  };
}

function stopped(): Promise<void> {
  return new Promise(resolve => {
    if (stopping.signal.aborted) resolve();
    stopping.signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function say(line: string): void {
  console.log(line);
}
