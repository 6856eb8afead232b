import { judgeEndOfLife } from './bootstrap/end-of-life.mjs';
import { orStop } from './bootstrap/say.mjs';

/** `npm run end-of-life [-- YYYY-MM-DD]`: what is over today, or on that day (exit code 1), or soon will be. */
const [given] = process.argv.slice(2);
if (given !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(given)) {
  console.error('npm run end-of-life [-- YYYY-MM-DD]');
  process.exit(2);
}
const today = given === undefined ? new Date() : new Date(`${given}T12:00:00Z`);
const { over, warnings } = await orStop(() => judgeEndOfLife(today));
for (const sentence of warnings) console.log(`! ${sentence}`);
for (const sentence of over) console.log(`✗ ${sentence}`);
if (over.length + warnings.length === 0) console.log('Everything in use is kept up by its makers.');
process.exitCode = over.length > 0 ? 1 : 0;
