/** A CRL publisher as a process of its own, made to be killed: rounds without a pause; home and database in its arguments. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { systemClock } from '../../ca-core/clock.ts';
import { openDatabase, openStore } from '../../ca-core/index.ts';
import { aPublisher } from './a-publisher.ts';

const [home = '', location = join(home, 'kakuin.db')] = process.argv.slice(2);
const store = openStore(openDatabase(location));
const fetchPublic = (path: string): Promise<Uint8Array> => readFile(join(home, path));
const publisher = await aPublisher({ store, home }, { clock: systemClock, fetchPublic, name: String(process.pid) });
process.stdout.write('ready\n');
for (;;) {
  await publisher.round();
  await breathe();
}
