import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LineIndex } from '../../ca-core/home/line-index.ts';
import { openSignerLog, type SignerLogEntry } from '../../ca-core/home/signer-log.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kakuin-signer-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const entry = (number: number, change: object = {}): SignerLogEntry => ({
  kind: 'certificate',
  at: 1,
  caseId: `K26-${number}`,
  digest: `digest ${number}`,
  serialNumber: number.toString(16).padStart(4, '0'),
  notAfter: 1000 + number,
  tbs: `tbs ${number}`,
  key: `key ${number}`,
  ...change,
});

describe('the signer log', () => {
  it('remembers each of many certificates, over a restart too', async () => {
    const file = join(folder, 'signer.log');
    const first = await openSignerLog(file);
    const entries = Array.from({ length: 3000 }, (_, number) => entry(number));
    await first.append(entries.slice(0, 1000));
    await first.append(entries.slice(1000));
    await first.close();
    const log = await openSignerLog(file);
    for (let number = 0; number < 3000; number += 7) {
      const serialNumber = number.toString(16).padStart(4, '0');
      expect(log.tbsOfCase(`K26-${number}`)).toBe(`tbs ${number}`);
      expect(log.hasDigest(`digest ${number}`)).toBe(true);
      expect([log.notAfterOf(serialNumber), log.keyOf(serialNumber)]).toEqual([1000 + number, `key ${number}`]);
    }
    expect([log.tbsOfCase('K26-3000'), log.notAfterOf('ffff'), log.keyOf('ffff')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(log.hasDigest('K26-1')).toBe(false);
    await log.close();
  });

  it('tells a serial number from a case of the same letters, and long lines from short ones', async () => {
    const log = await openSignerLog(join(folder, 'signer.log'));
    await log.append([entry(1, { caseId: '0002', digest: 'd'.repeat(9000), shard: 7 }), entry(2)]);
    expect([log.notAfterOf('0002'), log.tbsOfCase('0002'), log.tbsOfCase('0001')]).toEqual([1002, 'tbs 1', undefined]);
    expect([log.shardOf('0001'), log.shardOf('0002'), log.highestShard()]).toEqual([7, 0, 7]);
    expect(log.hasDigest('d'.repeat(9000))).toBe(true);
    await log.close();
  });

  it('keeps the last certificate of the responder, as it was to be signed', async () => {
    const log = await openSignerLog(join(folder, 'signer.log'));
    const signer = { kind: 'signer', at: 1, notAfter: 9, tbs: 'hash', statement: 's', request: 'r' } as const;
    await log.append([{ ...signer, serialNumber: '0a', tbsCertificate: '30' }]);
    expect(log.lastSigner()).toMatchObject({ serialNumber: '0a', request: 'r', tbsCertificate: '30' });
    expect([log.hasDigest('s'), log.notAfterOf('0a'), log.keyOf('0a')]).toEqual([true, 9, undefined]);
    await log.close();
  });

  it('does not go on behind a line that it cannot read', async () => {
    const file = join(folder, 'signer.log');
    const log = await openSignerLog(file);
    await log.append([entry(1)]);
    appendFileSync(file, 'not JSON\n');
    await expect(log.append([entry(2)])).rejects.toThrow();
    await expect(log.append([entry(2)])).rejects.toThrow();
    expect(readFileSync(file, 'utf8')).not.toContain('K26-2');
    await log.close();
  });
});

describe('where lines stand', () => {
  it('finds every line of a key, through growth, and few others', () => {
    const index = new LineIndex(7);
    const count = 20_000;
    for (let number = 0; number < count; number++) index.addKey('case', `c${number}`, index.addLine(number * 300));
    index.addKey('case', 'c5', index.addLine(count * 300));
    expect([...index.find('case', 'c5')]).toEqual([1500, count * 300]);
    let candidates = 0;
    for (let number = 0; number < count; number++) {
      const found = [...index.find('case', `c${number}`)];
      expect(found).toContain(number * 300);
      candidates += found.length + [...index.find('digest', `c${number}`)].length;
    }
    expect(candidates).toBeLessThan(count + 100);
  });
});
