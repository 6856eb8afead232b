/** A home that an earlier release left, in a folder of its own, and what that release said of its certificates. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../ca-core/project-root.ts';
import { readSettings, type Settings } from '../../scripts/settings.ts';

export interface EarlierHome {
  readonly settings: Settings;
  /** When the answers were given, Unix seconds. */
  readonly at: number;
  /** DER of the CRL that was out. */
  readonly crl: Buffer;
  /** Serial number → DER of the OCSP response. */
  readonly answers: ReadonlyMap<string, Buffer>;
  readonly remove: () => void;
}

export function anEarlierHome(): EarlierHome {
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-earlier-'));
  execFileSync('tar', ['-xzf', join(projectRoot, 'test/vectors/earlier-home.tgz'), '-C', folder]);
  const before = JSON.parse(readFileSync(join(folder, 'before.json'), 'utf8')) as {
    at: number;
    crl: string;
    answers: Record<string, string>;
  };
  const octets = (base64: string): Buffer => Buffer.from(base64, 'base64');
  return {
    settings: readSettings({ KAKUIN_HOME: join(folder, 'home') }),
    at: before.at,
    crl: octets(before.crl),
    answers: new Map(Object.entries(before.answers).map(([serial, answer]) => [serial, octets(answer)])),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
