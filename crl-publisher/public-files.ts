/** What is out, held in memory as it lies on the disk: each file whole, with what HTTP says of it. */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeCertsOnly, encodePem, readAnyCrl, readCertificate } from '../ca-core/index.ts';
import type { UnixTime } from '../ca-core/clock.ts';
import type { PublishedIssuer } from './issuers.ts';
import { placeOf, type PlacedList } from './lists.ts';

export const mediaTypes = {
  crl: 'application/pkix-crl',
  cer: 'application/pkix-cert',
  p7c: 'application/pkcs7-mime; smime-type=certs-only',
  pem: 'application/x-pem-file',
} as const;

export interface PublicFile {
  readonly bytes: Buffer;
  readonly mediaType: (typeof mediaTypes)[keyof typeof mediaTypes];
  readonly etag: string;
  /** When it took its place, by the machine's clock: two CRLs may have one thisUpdate where a clock went back. */
  readonly modified: UnixTime;
  /** A CRL's thisUpdate, a certificate's notBefore. */
  readonly since: UnixTime;
  /** A CRL's nextUpdate, a certificate's notAfter. */
  readonly until: UnixTime;
}

export interface PublicFiles {
  /** By the path below the home, `crl/root.crl`; `.pem` instead of `.crl` or `.cer` gives the same in PEM. */
  readonly of: (path: string) => PublicFile | undefined;
  /** All that are kept, without the forms in PEM. */
  readonly list: () => Iterable<readonly [path: string, file: PublicFile]>;
  /** Reads the file anew from the disk; it is served from then on. */
  readonly load: (path: string) => Promise<void>;
  /** CA certificates, root first, as `ca/chain.p7c` and `ca/chain.pem`. */
  readonly addChain: (certificates: readonly Uint8Array[]) => void;
  /** The lists of an issuer that lie on the disk. */
  readonly listsOf: (issuer: PublishedIssuer) => Promise<readonly PlacedList[]>;
}

type Life = Pick<PublicFile, 'since' | 'until' | 'modified'>;

export function openPublicFiles(home: string): PublicFiles {
  const files = new Map<string, PublicFile>();
  return {
    of: path => files.get(path) ?? pemOf(path, files),
    list: () => files,
    load: async path => {
      const bytes = await readFile(join(home, path));
      if (files.get(path)?.bytes.equals(bytes) === true) return;
      const isCrl = path.endsWith('.crl');
      const modified = Math.floor((await stat(join(home, path))).mtimeMs / 1_000);
      const life = isCrl ? { ...crlLife(bytes), modified } : certificateLife(bytes);
      files.set(path, fileOf(bytes, mediaTypes[isCrl ? 'crl' : 'cer'], life));
    },
    addChain: certificates => {
      const lives = certificates.map(one => certificateLife(one));
      const since = Math.max(...lives.map(life => life.since));
      const life = { since, modified: since, until: Math.min(...lives.map(one => one.until)) };
      const pem = certificates.map(one => encodePem('CERTIFICATE', one)).join('');
      files.set('ca/chain.p7c', fileOf(Buffer.from(encodeCertsOnly(certificates)), mediaTypes.p7c, life));
      files.set('ca/chain.pem', fileOf(Buffer.from(pem), mediaTypes.pem, life));
    },
    listsOf: async issuer => {
      const folder = issuer.role === 'root' ? [] : await readdir(join(home, 'crl', issuer.name)).catch(() => []);
      const names = issuer.role === 'root' ? ['0'] : folder.map(name => name.replace(/\.crl$/, ''));
      return names.flatMap(name => placeOf(issuer, name) ?? []);
    },
  };
}

function fileOf(bytes: Buffer, mediaType: PublicFile['mediaType'], life: Life): PublicFile {
  return { bytes, mediaType, etag: `"${createHash('sha256').update(bytes).digest('hex')}"`, ...life };
}

/** Made when it is first asked for: few do, and a long CRL fills memory. */
const inPem = new WeakMap<PublicFile, PublicFile>();

function pemOf(path: string, files: ReadonlyMap<string, PublicFile>): PublicFile | undefined {
  if (!path.endsWith('.pem')) return undefined;
  const stem = path.slice(0, -4);
  const [crl, certificate] = [files.get(`${stem}.crl`), files.get(`${stem}.cer`)];
  const file = crl ?? certificate;
  if (file === undefined) return undefined;
  const known = inPem.get(file);
  if (known !== undefined) return known;
  const bytes = Buffer.from(encodePem(crl === undefined ? 'CERTIFICATE' : 'X509 CRL', file.bytes));
  const pem = { ...file, bytes, mediaType: mediaTypes.pem, etag: `${file.etag.slice(0, -1)}-pem"` };
  inPem.set(file, pem);
  return pem;
}

function crlLife(bytes: Uint8Array): Omit<Life, 'modified'> {
  const { thisUpdate, nextUpdate } = readAnyCrl(bytes);
  return { since: thisUpdate, until: nextUpdate };
}

function certificateLife(bytes: Uint8Array): Life {
  const { notBefore, notAfter } = readCertificate(bytes);
  return { since: notBefore, modified: notBefore, until: notAfter };
}
