/**
 * The CA core as a process of its own, made to be killed. `node … FAILPOINT` stops there for ever, having said its
 * name. Otherwise it does what there is to do, says `ready`, and goes on once a line comes on its standard input.
 * The settings come from the environment, as for the real main; the real main has no such switch.
 */
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { failpoints } from '../../ca-core/failpoints.ts';
import { silentLog } from '../../ca-core/log.ts';
import { openCa } from '../../ca-core/open-ca.ts';
import { readCaSettings } from '../../ca-core/settings.ts';

const wanted = process.argv[2];
if (wanted !== undefined && !failpoints.some(point => point === wanted)) throw new Error(`no failpoint ${wanted}`);

const { turn } = await openCa(readCaSettings(process.env), {
  log: silentLog,
  atFailpoint: async point => {
    if (point !== wanted) return;
    process.stdout.write(`${point}\n`);
    for (;;) await pause(60_000);
  },
});
while (await turn());
process.stdout.write('ready\n');
await once(process.stdin, 'data');
for (;;) if (!(await turn())) await pause(5);
