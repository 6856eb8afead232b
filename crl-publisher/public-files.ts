/** What is out, held in memory as it lies on the disk: each file whole, with what HTTP says of it. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCertificate, readCrl } from '../ca-core/index.ts';
import type { UnixTime } from '../ca-core/clock.ts';

export interface PublicFile {
  readonly bytes: Buffer;
  readonly mediaType: 'application/pkix-crl' | 'application/pkix-cert';
  readonly etag: string;
  /** A CRL's thisUpdate, a certificate's notBefore. */
  readonly since: UnixTime;
  /** A CRL's nextUpdate, a certificate's notAfter. */
  readonly until: UnixTime;
}

export interface PublicFiles {
  /** By the path below the home, `crl/root.crl`. */
  readonly of: (path: string) => PublicFile | undefined;
  readonly list: () => Iterable<readonly [path: string, file: PublicFile]>;
  /** Reads the file anew from the disk; it is served from then on. */
  readonly load: (path: string) => Promise<void>;
}

export function openPublicFiles(home: string): PublicFiles {
  const files = new Map<string, PublicFile>();
  return {
    of: path => files.get(path),
    list: () => files,
    load: async path => {
      const bytes = await readFile(join(home, path));
      if (files.get(path)?.bytes.equals(bytes) === true) return;
      const etag = `"${createHash('sha256').update(bytes).digest('hex')}"`;
      files.set(path, { bytes, etag, ...(path.endsWith('.crl') ? crlTimes(bytes) : certificateTimes(bytes)) });
    },
  };
}

function crlTimes(bytes: Buffer): Pick<PublicFile, 'mediaType' | 'since' | 'until'> {
  const { thisUpdate, nextUpdate } = readCrl(bytes);
  return { mediaType: 'application/pkix-crl', since: thisUpdate, until: nextUpdate };
}

function certificateTimes(bytes: Buffer): Pick<PublicFile, 'mediaType' | 'since' | 'until'> {
  const { notBefore, notAfter } = readCertificate(bytes);
  return { mediaType: 'application/pkix-cert', since: notBefore, until: notAfter };
}
