import { PkiError } from '../ca-core/errors.ts';
import { type DeskGround, documentOf } from './ground.ts';
import { type ListRow, rowOf } from './list-reading.ts';
import { isMany, readRows } from './many-rows.ts';
import type { Words } from './words/words.ts';

/** One part of a long list, row by row. */
export interface RowsPage {
  readonly title: string;
  /** Counted from 1. */
  readonly first: number;
  readonly last: number;
  readonly all: number;
  readonly rows: readonly ListRow[];
  readonly before: string | null;
  readonly after: string | null;
  readonly document: string;
}

const rowsOnAPage = 100;

/** Throws documentUnknown where there is no such part, listInvalid where the rows are not those that the digest means. */
export async function rowsPage(
  ground: DeskGround,
  { digest, from }: { readonly digest: string; readonly from: string | undefined },
  words: Words,
): Promise<RowsPage> {
  const { document } = await documentOf(ground, digest);
  const first = /^[0-9]{1,5}$/.test(from ?? '0') ? Number(from ?? 0) : -1;
  if (!isMany(document) || first < 0 || first >= document.size) throw new PkiError('documentUnknown');
  const { digests } = await readRows(ground.store, document, digest);
  const rows = await ground.store.documents.listed(digest, { from: first, count: rowsOnAPage });
  const isMeant = rows.every(({ position, stored }) => digests[position] === stored.digest);
  if (!isMeant) throw new PkiError('listInvalid', { digest });
  const path = `/documents/${digest}`;
  const linkTo = (place: number): string => `${path}/rows?from=${place}`;
  return {
    title: words.documentKinds[document.kind],
    first: first + 1,
    last: first + rows.length,
    all: document.size,
    rows: rows.map(row => rowOf(row, words)),
    before: first === 0 ? null : linkTo(Math.max(0, first - rowsOnAPage)),
    after: first + rowsOnAPage >= document.size ? null : linkTo(first + rowsOnAPage),
    document: path,
  };
}
