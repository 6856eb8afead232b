/** The orders that the signatures on a list are worth: one for each case that is still the one that was signed. */
import type { Knex } from 'knex';
import type { Approval } from '../approvals/approval.ts';
import type { Assertion } from '../approvals/assertion.ts';
import type { Attestation } from '../approvals/attestation.ts';
import type { ListDocument } from '../approvals/list-documents.ts';
import { listPaths, type ListPlace } from '../approvals/list.ts';
import type { UnixTime } from '../clock.ts';
import { insertAll } from './insert-all.ts';
import { orderId } from './order-id.ts';
import { stateAtFirst } from './station-requests.ts';
import { listedDigests, listedRows } from './listed.ts';
import { readJson } from './read-row.ts';
import { takenCases } from './taken-cases.ts';

export interface CompleteList {
  readonly document: ListDocument;
  readonly digest: string;
  readonly text: string;
  readonly approvals: readonly Approval[];
  readonly at: UnixTime;
}

/** How many cases are looked at together. */
const partSize = 200;

/** Places the orders of a list inside the caller's transaction. The reception numbers that dropped out. */
export async function placeListed(transaction: Knex, list: CompleteList): Promise<string[]> {
  const paths = listPaths(await listedDigests(transaction, list.digest));
  const attestation = await attestationOf(transaction, list.document);
  const dropped: string[] = [];
  for (let from = 0; from < paths.length; from += partSize) {
    const rows = await listedRows(transaction, list.digest, { from, count: partSize });
    const taken = await takenCases(
      transaction,
      rows.map(row => row.subject_id),
    );
    const isOut = (row: (typeof rows)[number]): boolean =>
      row.kind !== 'case' || row.voided !== null || taken.has(row.subject_id);
    dropped.push(...rows.filter(isOut).map(row => row.subject_id));
    const orders = rows
      .filter(row => !isOut(row))
      .map(row => {
        const { position } = row;
        const place = { text: list.text, position, path: [...(paths[position] ?? [])] } satisfies ListPlace;
        return {
          id: orderId(list.at),
          case_id: row.subject_id,
          digest: row.digest,
          document: row.document,
          approvals: JSON.stringify(list.approvals),
          state: stateAtFirst(row.document),
          created_at: list.at,
          list: JSON.stringify(place),
          attested_list: list.document.attestation === undefined ? null : list.digest,
          attestation,
        };
      });
    await insertAll(transaction, 'issuance_orders', orders);
  }
  return dropped;
}

/** The LRA's document and signature, as each order carries them; nothing where the list names none. */
async function attestationOf(transaction: Knex, { attestation }: ListDocument): Promise<string | null> {
  if (attestation === undefined) return null;
  const document = await transaction<{ digest: string; document: string }>('documents')
    .where({ digest: attestation })
    .first();
  const row = await transaction<{ digest: string; member_id: string; assertion: string; expires_at: number }>(
    'approvals',
  )
    .where({ digest: attestation })
    .first();
  if (document === undefined || row === undefined) return null;
  const assertion = (readJson(row.assertion) ?? {}) as Assertion;
  const approval = { memberId: row.member_id, expiry: row.expires_at, assertion };
  return JSON.stringify({ text: document.document, approval } satisfies Attestation);
}
