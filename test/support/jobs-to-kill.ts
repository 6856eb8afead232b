/**
 * The part of the portal that carries bulk jobs on, as a process of its own, made to be killed: it goes on for ever and
 * says `round` after every round. The database and the portal's home come as arguments.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../ca-core/clock.ts';
import { openDatabase } from '../../ca-core/index.ts';
import { silentLog } from '../../ca-core/log.ts';
import { openPortal } from '../../ra-portal/portal.ts';
import type { PortalSettings } from '../../ra-portal/settings.ts';

const [location = '', settings = '{}'] = process.argv.slice(2);
const { runJobs } = openPortal({
  database: openDatabase(location),
  settings: JSON.parse(settings) as PortalSettings,
  clock: systemClock,
  log: silentLog,
  compiled: '',
});
for (;;) {
  await runJobs();
  process.stdout.write('round\n');
  await pause(5);
}
