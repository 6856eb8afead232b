/** Which files of a home a backup holds, and which it must not: what opens keys stays with the operators. */
import { createReadStream, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders of KAKUIN_HOME that are looked through; of `crl` only CA certificates, since CRLs come from the CA core. */
const folders = ['ca', 'responder', 'portal', 'crl/ca'];

/**
 * Passphrases, PINs and secrets; the key under which subscribers' keys wait for their PKCS#12, so that no backup ever
 * opens one; locks, half-written files and what is made anew.
 */
const never =
  /(^|\/)(passphrase|wrapping\.key|[^/]*\.(lock|pid|new|pin|sock)|restored\.json)$|^ca\/crl\/|\/answers\/|\/crl\/[^/]*\.tbs$/;

export interface HomeFiles {
  /** Paths below KAKUIN_HOME, sorted. */
  readonly paths: readonly string[];
  /** Folders that this account may not read. */
  readonly leftOut: readonly string[];
}

export async function homeFiles(home: string): Promise<HomeFiles> {
  const paths: string[] = [];
  const leftOut: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(join(home, folder), { withFileTypes: true }).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) leftOut.push(folder);
      return [];
    });
    for (const entry of entries) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile() && !never.test(path)) paths.push(path);
    }
  };
  for (const folder of folders) await walk(folder);
  return { paths: paths.toSorted(), leftOut };
}

/** The octets that the file had when this began: logs grow meanwhile, and what they grow by is the next backup's. */
export async function* octetsOfFile(path: string): AsyncGenerator<Buffer, void> {
  const { size } = statSync(path);
  if (size > 0) yield* createReadStream(path, { end: size - 1 }) as AsyncIterable<Buffer>;
}
