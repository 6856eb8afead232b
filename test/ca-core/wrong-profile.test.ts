import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ca } from '../../ca-core/ca.ts';
import { anchoredRoll } from '../../ca-core/follow-roll.ts';
import { issueBatch } from '../../ca-core/issue.ts';
import { silentLog } from '../../ca-core/log.ts';
import { openCa, type OpenCa } from '../../ca-core/open-ca.ts';
import type { CertificateProfile } from '../../ca-core/profiles/profile.ts';
import { aCa, aRequestedKey, type ACa } from '../support/a-ca.ts';

let platform: ACa;
let core: OpenCa;

beforeAll(async () => {
  platform = await aCa();
  core = await platform.open();
});

afterAll(async () => {
  await core.close();
  await platform.end();
});

/** The open CA with its profile made wrong, past the reader of policies that refuses it. */
function withWrong(change: Partial<CertificateProfile>): Ca {
  const { policies } = core.ca;
  const jcan = policies.profiles.get('jcan-classic');
  if (jcan === undefined) throw new Error('no jcan-classic');
  const profiles = new Map(policies.profiles).set('jcan-classic', { ...jcan, ...change });
  return { ...core.ca, policies: { ...policies, profiles } };
}

const wrong: readonly (readonly [Partial<CertificateProfile>, rule: string])[] = [
  [{ basicConstraints: { ca: true, pathLength: null } }, 'caConstraint basicConstraints'],
  [{ extendedKeyUsage: ['clientAuth', 'emailProtection', 'serverAuth'] }, 'purposeForbidden extendedKeyUsage'],
  [{ extendedKeyUsage: ['clientAuth', 'emailProtection', 'OCSPSigning'] }, 'purposeForbidden extendedKeyUsage'],
  [{ extendedKeyUsage: ['emailProtection', 'anyExtendedKeyUsage'] }, 'purposeForbidden extendedKeyUsage'],
  [
    { keyUsage: { rsa: ['keyCertSign'], ec: ['digitalSignature', 'keyCertSign'] } },
    'caKeyUsage keyUsage (keyCertSign)',
  ],
  [{ certificatePolicies: [] }, 'policyMissing certificatePolicies'],
  [{ crlDistributionPoint: false }, 'statusMissing cRLDistributionPoints'],
];

describe('a profile made wrong on purpose', () => {
  it.each(wrong)('cannot issue: %j', async (change, rule) => {
    const document = platform.aCase({ subjectKey: aRequestedKey() });
    await platform.approve(document);
    const roll = anchoredRoll(core.ca.home.anchors);
    if (roll === undefined) throw new Error('no roll');
    await issueBatch(withWrong(change), 'a test', roll.roll);
    const order = await platform.store.orders.ofCase(document.caseId);
    expect(order?.state).toBe('refused');
    expect(order?.refusal?.code).toBe('lintFailed');
    expect(JSON.stringify(order?.refusal?.values)).toContain(rule);
    expect(await platform.store.certificates.ofCase(document.caseId)).toBeUndefined();
  });

  it('keeps the CA core from opening', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kakuin-policies-'));
    cpSync(platform.settings.policies, folder, { recursive: true });
    const file = join(folder, 'profiles/jcan-classic.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('[clientAuth, emailProtection]', '[serverAuth]'));
    await core.close();
    await expect(openCa({ ...platform.settings, policies: folder }, { log: silentLog })).rejects.toThrow(
      'extendedKeyUsage: serverAuth is never for a subscriber',
    );
    rmSync(folder, { recursive: true });
    core = await platform.open();
  });
});
