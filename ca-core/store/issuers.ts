import type { Knex } from 'knex';
import type { UnixTime } from '../clock.ts';
import type { Der } from '../x509/der.ts';
import { readOctets } from './read-row.ts';

/** A CA certificate for everyone to see. `name` is the last part of its URLs. */
export interface IssuerRow {
  /** SHA-256 of the SubjectPublicKeyInfo, hex. */
  readonly id: string;
  readonly name: string;
  readonly role: 'root' | 'issuing';
  readonly certificate: Der;
}

export interface IssuerStore {
  readonly list: () => Promise<readonly IssuerRow[]>;
  /** A ceremony that is held again puts its certificate in the place of the first, which nobody saw. */
  readonly add: (issuer: IssuerRow, at: UnixTime) => Promise<void>;
}

interface Row {
  id: string;
  name: string;
  role: 'root' | 'issuing';
  certificate: Buffer;
  created_at: number;
}

export function openIssuerStore(database: Knex): IssuerStore {
  return {
    list: async () => {
      const rows = await database<Row>('issuers').orderBy('created_at');
      return rows.map(row => ({
        id: row.id,
        name: row.name,
        role: row.role,
        certificate: readOctets(row.certificate),
      }));
    },
    add: async (issuer, at) => {
      await database<Row>('issuers')
        .insert({ ...issuer, certificate: Buffer.from(issuer.certificate), created_at: at })
        .onConflict('id')
        .merge(['certificate']);
    },
  };
}
