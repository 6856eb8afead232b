/**
 * A CA core that makes one CRL, in a process of its own so that its memory is its own: `full` or `delta` as argument.
 * Prints JSON {seconds, entries, octets, memory}; what it made is logged as signed and thrown away.
 */
import { silentLog } from '../../ca-core/log.ts';
import { signLists } from '../../ca-core/make-crl.ts';
import { openCa } from '../../ca-core/open-ca.ts';
import { reconcileNew, reconcileStatus } from '../../ca-core/reconcile-status.ts';
import { readCaSettings } from '../../ca-core/settings.ts';

const kind = process.argv[2] === 'delta' ? 'delta' : 'full';
const { ca, close } = await openCa(readCaSettings(process.env), { log: silentLog });
if (kind === 'delta') {
  // As in a CA core that runs: what is old was compared before, what is new comes now.
  await reconcileStatus(ca);
  process.stdout.write('ready\n');
  await new Promise(resolve => process.stdin.once('data', resolve));
  ca.home.follow();
}
const start = performance.now();
if (kind === 'full') await reconcileStatus(ca);
else await reconcileNew(ca);
const { signed, mark } = await signLists(ca, kind, await ca.store.status.lastSeq());
const seconds = (performance.now() - start) / 1_000;
const octets = signed.reduce((sum, { crl }) => sum + crl.octets.length, 0);
const memory = process.resourceUsage().maxRSS * 1_024;
for (const { tbs, crl } of signed) [tbs, crl].forEach(file => file.remove());
await close();
process.stdout.write(`${JSON.stringify({ seconds, entries: mark.entries, octets, memory })}\n`);
