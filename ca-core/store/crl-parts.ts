/** The octets of CRLs, a mebibyte to a row. */
import type { Knex } from 'knex';
import { readOctets } from './read-row.ts';

export interface CrlList {
  readonly name: string;
  /** DER of the CertificateList, piece by piece; walked again where a transaction has to begin again. */
  readonly octets: Iterable<Uint8Array>;
}

interface PartRow {
  issuer: string;
  crl_number: number;
  list: string;
  part: number;
  octets: Buffer;
}

export interface PartsKey {
  readonly issuer: string;
  readonly crlNumber: number;
  readonly list: string;
}

export async function addParts(
  transaction: Knex,
  { issuer, crlNumber }: Omit<PartsKey, 'list'>,
  list: CrlList,
): Promise<void> {
  let part = 0;
  for (const piece of list.octets) {
    const octets = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    await transaction<PartRow>('crl_parts').insert({
      issuer,
      crl_number: crlNumber,
      list: list.name,
      part: part++,
      octets,
    });
  }
  if (part === 0) throw new Error(`list ${list.name} of CRL ${crlNumber} has no octets`);
}

export async function* partsOf(
  database: Knex,
  { issuer, crlNumber, list }: PartsKey,
): AsyncGenerator<Uint8Array, void> {
  for (let part = 0; ; part++) {
    const row = await database<PartRow>('crl_parts').where({ issuer, crl_number: crlNumber, list, part }).first();
    if (row === undefined) return;
    yield readOctets(row.octets);
  }
}

export async function dropPartsAbove(database: Knex, issuer: string, crlNumber: number): Promise<void> {
  await database<PartRow>('crl_parts').where({ issuer }).where('crl_number', '>', crlNumber).delete();
}

export async function dropPartsBelow(database: Knex, issuer: string, crlNumber: number): Promise<void> {
  await database<PartRow>('crl_parts').where({ issuer }).where('crl_number', '<', crlNumber).delete();
}
