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
  /** Oldest first. */
  readonly list: () => Promise<readonly IssuerRow[]>;
  /** The issuing CA for new certificates: the one made active last, at first the oldest. */
  readonly active: () => Promise<IssuerRow | undefined>;
  readonly activate: (id: string, at: UnixTime) => Promise<void>;
  /** A ceremony that is held again puts its certificate in the place of the first, which nobody saw. */
  readonly add: (issuer: IssuerRow, at: UnixTime) => Promise<void>;
}

interface Row {
  id: string;
  name: string;
  role: 'root' | 'issuing';
  certificate: Buffer;
  created_at: number;
  active_since: number | null;
}

export function openIssuerStore(database: Knex): IssuerStore {
  return {
    list: async () => {
      const rows = await database<Row>('issuers').orderBy([
        'created_at',
        // One ceremony makes both in the same second.
        { column: 'role', order: 'desc' },
        'name',
      ]);
      return rows.map(issuerOf);
    },
    active: async () => {
      const rows = await database<Row>('issuers').where({ role: 'issuing' }).orderBy('created_at');
      const [active] = rows.sort((one, other) => (other.active_since ?? 0) - (one.active_since ?? 0));
      return active && issuerOf(active);
    },
    activate: async (id, at) => {
      await database<Row>('issuers').where({ id }).update({ active_since: at });
    },
    add: async (issuer, at) => {
      await database<Row>('issuers')
        .insert({ ...issuer, certificate: Buffer.from(issuer.certificate), created_at: at })
        .onConflict('id')
        .merge(['certificate']);
    },
  };
}

const issuerOf = (row: Row): IssuerRow => ({
  id: row.id,
  name: row.name,
  role: row.role,
  certificate: readOctets(row.certificate),
});
