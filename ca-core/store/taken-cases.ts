import type { Knex } from 'knex';

/**
 * The cases that have an order already. What the CA core refused was never signed, and neither was what still waits for
 * its key and was voided: both give way to a new document of their case.
 */
export async function takenCases(transaction: Knex, caseIds: readonly string[]): Promise<ReadonlySet<string>> {
  const voided = transaction('voided_documents').select('digest');
  await transaction('issuance_orders')
    .whereIn('case_id', [...caseIds])
    .where(gone => {
      void gone
        .where({ state: 'refused' })
        .orWhere(back => void back.where({ state: 'awaitingKey' }).whereIn('digest', voided));
    })
    .delete();
  return new Set(
    await transaction('issuance_orders')
      .whereIn('case_id', [...caseIds])
      .pluck<string[]>('case_id'),
  );
}
