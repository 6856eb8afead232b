/**
 * The CA core as a process of its own, made to be killed. `node … STEP` stops at that step for ever, having said its
 * name. Without a step it does what there is to do, says `ready`, and goes on once a line comes on its standard input.
 * The settings come from the environment, as for the real main; the real main has no such switch.
 */
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { issuingSteps } from '../../ca-core/ca.ts';
import { silentLog } from '../../ca-core/log.ts';
import { openCa } from '../../ca-core/open-ca.ts';
import { readCaSettings } from '../../ca-core/settings.ts';

const wanted = process.argv[2];
if (wanted !== undefined && !issuingSteps.some(step => step === wanted)) throw new Error(`no step ${wanted}`);

const { turn } = await openCa(readCaSettings(process.env), {
  log: silentLog,
  atStep: async step => {
    if (step !== wanted) return;
    process.stdout.write(`${step}\n`);
    for (;;) await pause(60_000);
  },
});
while (await turn());
process.stdout.write('ready\n');
await once(process.stdin, 'data');
for (;;) if (!(await turn())) await pause(5);
