/** Whose certificates and CRLs are out, as it is now: a ceremony may add issuing CAs while the publisher runs. */
import type { Log } from '../ca-core/log.ts';
import type { Store } from '../ca-core/index.ts';
import { publishIssuers, type IssuerRows, type Published, type PublishedIssuer } from './issuers.ts';
import type { PublicFiles } from './public-files.ts';
import { publishedCrl } from './publish.ts';

export interface IssuerList {
  readonly all: () => readonly PublishedIssuer[];
  readonly issuing: () => readonly PublishedIssuer[];
  /** Puts out what is new. Throws what keeps it from being put out; whatever was out before stays. */
  readonly follow: () => Promise<void>;
}

export interface IssuerListParts {
  readonly store: Pick<Store, 'issuers' | 'crossCertificates'>;
  readonly home: string;
  readonly copies: readonly string[];
  readonly files: PublicFiles;
  readonly log: Log;
}

/** Throws notInitialised before the ceremony, crlInvalid where a certificate is not what is out. */
export async function openIssuerList(parts: IssuerListParts): Promise<IssuerList> {
  const { home, copies } = parts;
  let seen = await rowsOf(parts);
  let published = await publishIssuers(home, seen, copies);
  await load(published, [], parts);
  return {
    all: () => published.issuers,
    issuing: () => published.issuers.filter(({ role }) => role === 'issuing'),
    follow: async () => {
      const rows = await rowsOf(parts);
      if (namesOf(rows) === namesOf(seen)) return;
      const next = await publishIssuers(home, rows, copies);
      await load(next, published.issuers, parts);
      published = next;
      seen = rows;
    },
  };
}

async function rowsOf({ store }: IssuerListParts): Promise<IssuerRows> {
  return { issuers: await store.issuers.list(), crosses: await store.crossCertificates.list() };
}

const namesOf = ({ issuers, crosses }: IssuerRows): string =>
  JSON.stringify([issuers.map(({ id, name }) => [id, name]), crosses.map(({ name }) => name)]);

/** Their certificates, and the CRLs of those that were not known before. */
async function load(
  { issuers, crosses }: Published,
  known: readonly PublishedIssuer[],
  { files, home, log }: IssuerListParts,
): Promise<void> {
  const all = [...issuers, ...crosses];
  files.addChain(all.map(({ certificate }) => certificate.der));
  for (const { name } of all) await files.load(`ca/${name}.cer`);
  for (const issuer of issuers.filter(({ id }) => !known.some(one => one.id === id))) {
    for (const list of await files.listsOf(issuer)) {
      if ((await publishedCrl(home, list.path, { issuer, log })) !== undefined) await files.load(list.path);
    }
  }
}
