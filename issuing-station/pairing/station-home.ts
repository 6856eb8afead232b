/** What a paired station keeps: its portal, who it is there, its certificate; its key lies beside, encrypted. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PkiError } from '../../ca-core/errors.ts';
import { readBy, z } from '../../ca-core/schema.ts';
import { openPortalClient, type Portal } from '../portal/client.ts';
import { putFile } from '../put-file.ts';
import { openOwnKey, type OwnKey } from './own-key.ts';

const standing = z.strictObject({
  /** Where its JSON API is asked with the client certificate. */
  portalUrl: z.url(),
  memberId: z.string(),
  name: z.string(),
  /** PEM. */
  certificate: z.string(),
  /** PEM of whom it trusts for the portal's TLS besides what the machine trusts. */
  trust: z.string().nullable(),
});
export type Standing = z.infer<typeof standing>;

const fileIn = (home: string): string => join(home, 'station.json');

export function keepStanding(home: string, kept: Standing): void {
  putFile(fileIn(home), `${JSON.stringify(kept, null, 2)}\n`);
}

/** Throws stationUnpaired. */
export function standingIn(home: string): Standing {
  if (!existsSync(fileIn(home))) throw new PkiError('stationUnpaired');
  const text = readFileSync(fileIn(home), 'utf8');
  return readBy<Standing>(standing, JSON.parse(text) as unknown, 'settingsInvalid');
}

export interface OpenStation {
  readonly home: string;
  readonly standing: Standing;
  readonly key: OwnKey;
  readonly portal: Portal;
}

/** Throws stationUnpaired, keyMissing, passphraseWrong. */
export async function openStation(home: string, passphrase: string): Promise<OpenStation> {
  const kept = standingIn(home);
  const key = await openOwnKey(home, passphrase);
  const client = { certificate: kept.certificate, key: key.pem };
  const trust = kept.trust ?? undefined;
  return { home, standing: kept, key, portal: openPortalClient({ url: kept.portalUrl, client, trust }) };
}

/** For its owner alone. */
export function makeStationHome(home: string): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
}
