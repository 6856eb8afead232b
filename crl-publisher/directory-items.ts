/** Which entry of a directory says what: CA certificates and CRLs by the schema of RFC 4523. */
import { readAnyCrl } from '../ca-core/index.ts';
import type { PublishedIssuer } from './issuers.ts';
import type { DirectoryValue } from './ldap.ts';
import { placeOf, type PlacedList } from './lists.ts';
import type { PublicFile } from './public-files.ts';

export interface DirectoryItem extends DirectoryValue {
  /** The file that it is, below the home. */
  readonly path: string;
  readonly file: PublicFile;
  readonly issuer: PublishedIssuer;
}

type PublicFileAt = readonly [path: string, file: PublicFile];

const ofCa = ['top', 'applicationProcess', 'pkiCA', 'deltaCRL'];
const ofShard = ['top', 'cRLDistributionPoint'];

/** What a directory is to hold of an issuer, its certificate first: the entries of its shards are below that one's. */
export function itemsOf(issuer: PublishedIssuer, files: Iterable<PublicFileAt>, base: string): DirectoryItem[] {
  const items: DirectoryItem[] = [];
  for (const [path, file] of files) {
    const place = placeIn(issuer, path);
    const value = place === undefined ? certificateAt(issuer, path, base) : listAt(issuer, place, { file, base });
    if (value !== undefined) items.push({ ...value, path, file, issuer });
  }
  return items.sort((one, other) => one.name.length - other.name.length || (one.path < other.path ? -1 : 1));
}

function placeIn(issuer: PublishedIssuer, path: string): PlacedList | undefined {
  const list = issuer.role === 'root' ? '0' : (path.split('/').at(-1) ?? '').replace(/\.crl$/, '');
  const place = placeOf(issuer, list);
  return place?.path === path ? place : undefined;
}

function certificateAt({ name }: PublishedIssuer, path: string, base: string): DirectoryValue | undefined {
  if (path !== `ca/${name}.cer`) return undefined;
  return { name: `cn=${name},${base}`, objectClasses: ofCa, attribute: 'cACertificate;binary' };
}

/** A complete list, and its delta, are the CA's own; one of a distribution point has an entry below. A root's is of CA certificates only. */
function listAt(
  { name, role }: PublishedIssuer,
  { kind, list }: PlacedList,
  { file, base }: { readonly file: PublicFile; readonly base: string },
): DirectoryValue {
  const ca = `cn=${name},${base}`;
  if (role === 'root') return { name: ca, objectClasses: ofCa, attribute: 'authorityRevocationList;binary' };
  const attribute = kind === 'delta' ? 'deltaRevocationList;binary' : 'certificateRevocationList;binary';
  const isComplete = readAnyCrl(file.bytes).distributionPoint === null;
  if (isComplete) return { name: ca, objectClasses: ofCa, attribute };
  return { name: `cn=${list.replace(/-delta$/, '')},${ca}`, objectClasses: ofShard, attribute };
}
