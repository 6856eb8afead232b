/** The issuing CAs of a home: the certificates from the database, the keys from where they are, both held to what is pinned. */
import { createHash } from 'node:crypto';
import type { Ca, Issuer } from './ca.ts';
import { PkiError } from './errors.ts';
import { pinnedIssuers, type Anchors } from './home/home.ts';
import { openIssuerKey } from './keys/issuer-key.ts';
import type { OpenKeyStore } from './keys/key-store.ts';
import { openKeyStore } from './keys/open-key-store.ts';
import type { CaSettings } from './settings.ts';
import type { Store } from './store/store.ts';
import { readCertificate } from './x509/certificate.ts';
import type { Der } from './x509/der.ts';
import { keyIdentifier } from './x509/public-key.ts';

/** One store for each place where keys are. */
export interface KeyStores {
  /** Where nothing is said, the place of the setting. */
  readonly at: (place: string | undefined) => OpenKeyStore;
  readonly close: () => Promise<void>;
}

export function openKeyStores(
  { caKeys = 'file', tokenSessions: sessions }: CaSettings,
  home: string,
  passphrase: string,
): KeyStores {
  const open = new Map<string, OpenKeyStore>();
  const at = (place = caKeys): OpenKeyStore => {
    const found = open.get(place) ?? openKeyStore({ keys: place, home, passphrase, sessions });
    open.set(place, found);
    return found;
  };
  const close = async (): Promise<void> => {
    for (const store of open.values()) await store.close();
  };
  at();
  return { at, close };
}

export interface NamedIssuer {
  readonly name: string;
  readonly isFirst: boolean;
  readonly issuer: Issuer;
  readonly health: Ca['keyHealth'];
}

export interface IssuersGround {
  /** KAKUIN_HOME. */
  readonly home: string;
  readonly store: Store;
  readonly keys: KeyStores;
  /** Those that are open already: their keys are not asked for again. */
  readonly known?: readonly NamedIssuer[];
}

/** The active one first. Throws notInitialised, and signerUnfit where a certificate, its key and the pin do not fit. */
export async function openIssuers(anchors: Anchors, ground: IssuersGround): Promise<readonly NamedIssuer[]> {
  const { home, store, keys, known = [] } = ground;
  const rows = (await store.issuers.list()).filter(one => one.role === 'issuing');
  if (rows.length === 0) throw new PkiError('notInitialised', { home });
  const opened = pinnedIssuers(anchors).map(async ({ name, isFirst, certificate: hash, keys: place }) => {
    const open = known.find(one => one.name === name && fingerprint(one.issuer.certificate.der) === hash);
    if (open !== undefined) return open;
    const row = rows.find(one => fingerprint(one.certificate) === hash);
    if (row === undefined) throw new PkiError('signerUnfit', { reason: 'not the certificate of the ceremony' });
    const certificate = readCertificate(row.certificate);
    const { subjectPublicKeyInfo } = certificate;
    const wanted = { label: name, publicKey: subjectPublicKeyInfo, store: keys.at(place) };
    const { key, health } = await openIssuerKey(wanted);
    const issuer = { certificate, key, keyIdentifier: keyIdentifier(subjectPublicKeyInfo) };
    return { name, isFirst, issuer, health };
  });
  const issuers = await Promise.all(opened);
  if (issuers.length === 0) throw new PkiError('signerUnfit', { reason: 'not the certificate of the ceremony' });
  return issuers;
}

const fingerprint = (der: Der): string => createHash('sha256').update(der).digest('hex');
