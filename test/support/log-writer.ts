/** `node log-writer.js FILE NAME`: signs 200 cases of its own and 200 that others sign too, one batch after the other. */
import { openSignerLog, type SignerLogEntry } from '../../ca-core/home/signer-log.ts';

const [file = '', name = ''] = process.argv.slice(2);
const log = await openSignerLog(file);

const entry = (caseId: string): SignerLogEntry => ({
  kind: 'certificate',
  at: 1,
  caseId,
  digest: caseId,
  serialNumber: Buffer.from(caseId).toString('hex'),
  notAfter: 2,
  tbs: caseId,
});

for (let at = 0; at < 200; at += 5) {
  const numbers = Array.from({ length: 5 }, (_, index) => at + index);
  await log.append(numbers.flatMap(number => [entry(`${name}-${number}`), entry(`shared-${number}`)]));
}
await log.close();
