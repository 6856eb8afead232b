/** `kakuin revoke` for many: what a dry run shows, what is written down, and the keys and lists that people bring. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { digestOfSerialList } from '../../ca-core/approvals/serial-list.ts';
import { namedKeys, typedSerials } from '../../ca-core/typed-lists.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import type { Typed } from '../../scripts/commands/command.ts';
import { revokeMany } from '../../scripts/commands/revoke-many.ts';
import { readSettings } from '../../scripts/settings.ts';
import { aCa, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';

const folder = mkdtempSync(join(tmpdir(), 'kakuin-many-'));
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const key = aRequestedKey();
let platform: ACa;
let core: OpenCa;
let serials: readonly string[];

beforeAll(async () => {
  platform = await aCa();
  core = await platform.open();
  const cases = [
    platform.aCase({ subjectKey: key }),
    platform.aCase(),
    platform.aCase({}, 'jcan-classic-without-mailbox'),
  ];
  for (const document of cases) await platform.approve(document);
  await settle(core);
  const rows = await Promise.all(cases.map(({ caseId }) => platform.store.certificates.ofCase(caseId)));
  serials = rows.map(row => row?.serialNumber ?? '');
});
afterAll(async () => {
  await core.close();
  await platform.end();
  rmSync(folder, { recursive: true });
});

interface Told {
  readonly dryRun: boolean;
  readonly certificates: number;
  readonly issuers: Record<string, number>;
  readonly profiles: Record<string, number>;
  readonly organisations: Record<string, number>;
  readonly leftOut: { readonly unknown: readonly string[] };
  readonly documents?: readonly { readonly digest: string; readonly size: number }[];
}

async function run(options: Typed['options'], ...flags: string[]): Promise<Told> {
  const settings = readSettings({ KAKUIN_HOME: platform.settings.home });
  const typed = { options: { reason: 'superseded', ...options }, flags: new Set(flags), words: [] };
  return (await revokeMany(settings, platform.database, typed)).value as Told;
}

describe('a dry run', () => {
  it('shows which, by issuer, profile and organisation, and writes nothing down', async () => {
    const out = join(folder, 'out.txt');
    const told = await run({ organisation: platform.aCase().claim.corporateNumber, out }, 'dryRun');
    expect(told).toMatchObject({ dryRun: true, certificates: 3, issuers: { [platform.ca]: 3 } });
    expect(told.profiles).toEqual({ 'jcan-classic': 2, 'jcan-classic-without-mailbox': 1 });
    expect(Object.values(told.organisations)).toEqual([3]);
    expect(readFileSync(out, 'utf8')).toBe(
      [...serials]
        .sort()
        .map(one => `${one}\n`)
        .join(''),
    );
    expect(await platform.store.documents.awaiting()).toEqual([]);
  });
});

describe('a document over many', () => {
  it('names exactly the certificates of a list, a key, a profile', async () => {
    const [one = '', other = ''] = serials;
    const list = file('list.txt', `# from the token's maker\n0x${one.toUpperCase()}\n${other}, Taro\n\n4242\n`);
    const told = await run({ list });
    expect(told).toMatchObject({ dryRun: false, certificates: 2, leftOut: { unknown: ['4242'] } });
    const [document] = told.documents ?? [];
    expect((await platform.store.documents.find(document?.digest ?? ''))?.document).toMatchObject({
      ...{ kind: 'massRevocation', size: 2, reason: 'superseded', ca: platform.ca, chosenBy: `list ${list}` },
      serialNumbers: digestOfSerialList(
        [one, other]
          .sort()
          .map(serial => `${serial}\n`)
          .join(''),
      ),
    });
    if (key.from !== 'csr') throw new Error('a request');
    const request = Buffer.from(key.certificationRequest, 'hex');
    const csr = file('key.csr', encodePem('CERTIFICATE REQUEST', request));
    expect((await run({ key: csr }, 'dryRun')).certificates).toBe(1);
    expect((await run({ profile: 'jcan-classic' }, 'dryRun')).certificates).toBe(2);
  });
});

describe('what people bring', () => {
  it('is serial numbers in the forms in which they are shown', () => {
    expect(typedSerials('AB:CD:01\r\n0x00ff\n  12 34 \n# none\n')).toEqual(['abcd01', '00ff', '1234']);
    expect(() => typedSerials('ab\nxyz\n')).toThrow('line: 2');
    expect(() => typedSerials('# none\n')).toThrow('empty');
  });

  it('is keys in any public form, and never a private one', async () => {
    if (key.from !== 'csr') throw new Error('a request');
    const spki = Buffer.from(key.subjectPublicKeyInfo, 'hex');
    const hash = createHash('sha256').update(spki).digest('hex');
    const request = Buffer.from(key.certificationRequest, 'hex');
    const certificate = (await platform.store.certificates.withSerialNumber(serials[0] ?? ''))?.certificate;
    const forms = [
      ...[spki, request, certificate ?? spki, Buffer.from(`${hash.toUpperCase()}\n${hash}\n`)],
      Buffer.from(encodePem('PUBLIC KEY', spki) + encodePem('CERTIFICATE REQUEST', request)),
    ];
    expect(forms.map(form => namedKeys(form))).toEqual(forms.map(() => [hash]));
    expect(() => namedKeys(Buffer.from(encodePem('PRIVATE KEY', spki)))).toThrow('a private key');
    expect(() => namedKeys(Buffer.from('nothing'))).toThrow('no public key');
  });
});
