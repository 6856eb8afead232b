/** Tokens, each a SoftHSM slot, from blank to a person's own; pulled and killed at random on the way. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, encodeDocument, type CaseDocument } from '../../ca-core/approvals/documents.ts';
import { PkiError } from '../../ca-core/errors.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import {
  personalise,
  type Progress,
  type StationParts,
  type TokenDesk,
} from '../../issuing-station/tokens/personalise.ts';
import { openTokenSlots, type TokenSlots } from '../../issuing-station/tokens/token-slots.ts';
import { openJournal, type TokenJob } from '../../issuing-station/tokens/token-work.ts';
import { openVault, type Vault } from '../../issuing-station/tokens/vault.ts';
import { aCa, settle, type ACa } from '../support/a-ca.ts';
import { aStation, keyOnToken, type AStation } from '../support/a-station.ts';
import { checkPki } from '../support/check-pki.ts';
import { drawing, interrupted, Killed } from '../support/interrupted.ts';
import { addBlankTokens, softHsmTokens, type SoftHsm } from '../support/soft-hsm.ts';

const makersSoPin = '12345678';
/** A hundred are made from end to end in many-tokens.test.ts. */
const count = 15;
const home = mkdtempSync(join(tmpdir(), 'kakuin-station-'));
let platform: ACa;
let core: OpenCa;
let station: AStation;
let tokens: SoftHsm;
let slots: TokenSlots;
let vault: Vault;

beforeAll(async () => {
  platform = await aCa();
  core = await platform.open();
  await settle(core);
  station = await aStation(platform, core);
  tokens = softHsmTokens();
  addBlankTokens(tokens.module, count - 1, makersSoPin);
  slots = openTokenSlots(tokens.module);
  vault = await openVault(join(home, 'vault'), { passphrase: 'a station', defaultSoPin: makersSoPin });
}, 60_000);
afterAll(async () => {
  slots.close();
  await core.close();
  await platform.end();
  tokens.end();
  rmSync(home, { recursive: true });
});

interface OnJob {
  readonly job: TokenJob;
  readonly document: CaseDocument;
}

/** A case that two officers approved for this very token. */
async function aJob(tokenSerial: string): Promise<OnJob> {
  const document = platform.aCase({ subjectKey: keyOnToken(station, tokenSerial) });
  await platform.approve(document);
  const caseDigest = digestOf(encodeDocument(document));
  const { ca, caseId } = document;
  const job = {
    jobId: caseId,
    ca,
    caseId,
    caseDigest,
    tokenSerial,
    label: 'KAKUNO HANAKO',
    algorithm: 'p-256',
  } as const;
  return { job, document };
}

const reports = new Map<string, string>();

/** What the portal does with a station's calls: requests to the CA core, certificates from it. */
function aDesk(document: CaseDocument): TokenDesk {
  const { store, clock } = platform;
  return {
    take: () => Promise.resolve(),
    order: async (job, csr) => {
      if (!(await store.stationRequests.add(job.caseDigest, station.request(document, csr), clock.now())))
        throw new PkiError('digestMismatch', { what: 'certificationRequest' });
    },
    certificate: async ({ caseId }) => {
      await settle(core);
      const row = await store.certificates.ofCase(caseId);
      return row && { certificate: row.certificate, chain: [core.ca.issuer.certificate.der] };
    },
    report: ({ caseId }, outcome) => Promise.resolve(void reports.set(caseId, outcome)),
  };
}

function partsFor(document: CaseDocument, own: TokenSlots = slots): StationParts {
  return {
    slots: own,
    vault,
    journal: openJournal(join(home, 'jobs')),
    desk: aDesk(document),
  };
}

async function untilDone({ job, document }: OnJob, draw: () => number): Promise<{ kills: number; end: Progress }> {
  const mishap = (): void => {
    if (draw() < 0.08) throw new Killed();
  };
  for (let kills = 0; ; kills++) {
    const { journal, ...rest } = partsFor(document);
    const parts = { ...rest, journal: interrupted(journal, mishap), vault: interrupted(vault, mishap) };
    const spoilt = { ...parts, slots: interrupted(slots, mishap), desk: interrupted(parts.desk, mishap) };
    try {
      return { kills, end: await personalise(spoilt, job) };
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
  }
}

describe('tokens', () => {
  it('each get one key and one certificate, whenever they are pulled or the station is killed', async () => {
    const draw = drawing(20_261_122);
    const serials = slots.list().map(({ serial }) => serial);
    expect(serials).toHaveLength(count);
    let killed = 0;
    for (const serial of serials) {
      const { job, document } = await aJob(serial);
      const { kills, end } = await untilDone({ job, document }, draw);
      killed += kills;
      expect(end).toMatchObject({ state: 'done', work: { step: 'reported' } });
      expect(reports.get(job.caseId)).toBe('active');
      const row = await platform.store.certificates.ofCase(job.caseId);
      const certificate = readCertificate(row?.certificate ?? new Uint8Array());
      expect(toHex(certificate.subjectPublicKeyInfo)).toBe(end.work.publicKey);
      const token = slots.open(serial, vault.userPin(serial));
      expect(token.certificates().map(toHex).sort()).toEqual(
        [certificate.der, core.ca.issuer.certificate.der].map(toHex).sort(),
      );
      token.close();
    }
    expect(killed).toBeGreaterThan(count);
    expect(await platform.database('certificates').count({ n: '*' })).toEqual(
      await platform.database('certificates').countDistinct({ n: 'serial_number' }),
    );
    expect(await checkPki(platform)).toEqual([]);
  }, 240_000);

  it('are read by another program, which signs with what is on one', () => {
    const [serial = ''] = slots.list().map(one => one.serial);
    const pin = vault.userPin(serial);
    const options = ['--provider', tokens.module, '--login', '--set-pin', pin, '--batch'];
    const judging = { encoding: 'utf8', env: { ...process.env, SOFTHSM2_CONF: tokens.alone(serial) } } as const;
    const listed = execFileSync('p11tool', [...options, '--list-all', `pkcs11:serial=${serial}`], judging);
    expect(listed.match(/Type: Private key/g)).toHaveLength(1);
    expect(listed).toMatch(/CKA_NEVER_EXTRACTABLE/);
    expect(listed.match(/X\.509 Certificate/g)).toHaveLength(2);
    const [url = ''] = /pkcs11:\S*type=private/.exec(listed) ?? [];
    expect(() =>
      execFileSync('p11tool', [...options, '--test-sign', url], { ...judging, stdio: 'pipe' }),
    ).not.toThrow();
  });

  it('leave no PIN in clear in what the station keeps', () => {
    const pins = slots.list().map(({ serial }) => vault.userPin(serial));
    const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile());
    for (const { parentPath, name } of files) {
      const text = readFileSync(join(parentPath, name), 'latin1');
      expect(pins.filter(pin => text.includes(pin))).toEqual([]);
    }
  });
});

describe('a token', () => {
  it('that is in use is not erased, whatever job comes; one that lost its key after it was ordered is damaged', async () => {
    const { job, document } = await aJob(slots.list()[0]?.serial ?? '');
    const parts = partsFor(document);
    await expect(personalise(parts, job)).rejects.toMatchObject({ code: 'tokenInUse' });
    expect(parts.journal.forget(job.tokenSerial)).toBe(2);
    const late: TokenDesk = { ...parts.desk, certificate: () => Promise.resolve(undefined) };
    expect(await personalise({ ...parts, desk: late }, job)).toMatchObject({ state: 'waiting' });
    const [so = ''] = parts.vault.soPins(job.tokenSerial);
    slots.initialise(job.tokenSerial, so, { so, user: parts.vault.userPin(job.tokenSerial) }, 'blank');
    expect(await personalise(parts, job)).toMatchObject({ state: 'done', work: { step: 'damaged' } });
    expect(reports.get(job.caseId)).toBe('damaged');
  });

  it('that is not there is asked for by its serial number; another is not touched', async () => {
    const { job, document } = await aJob('not-there');
    const refused = personalise(partsFor(document), job);
    await expect(refused).rejects.toMatchObject({ code: 'tokenUnavailable', values: { what: 'gone' } });
  });
});
