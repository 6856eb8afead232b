import type { Knex } from 'knex';
import type { UnixTime } from '../clock.ts';
import type { Der } from '../x509/der.ts';
import { readOctets } from './read-row.ts';

/** One root's key certified by another, for everyone to see. `name` is the last part of its URL. */
export interface CrossCertificateRow {
  readonly name: string;
  readonly certificate: Der;
}

export interface CrossCertificateStore {
  readonly list: () => Promise<readonly CrossCertificateRow[]>;
  /** Whether it is new: a name is taken once. */
  readonly add: (certificate: CrossCertificateRow, at: UnixTime) => Promise<boolean>;
}

interface Row {
  name: string;
  certificate: Buffer;
  created_at: number;
}

export function openCrossCertificateStore(database: Knex): CrossCertificateStore {
  return {
    list: async () => {
      const rows = await database<Row>('cross_certificates').orderBy('name');
      return rows.map(({ name, certificate }) => ({ name, certificate: readOctets(certificate) }));
    },
    add: async ({ name, certificate }, at) => {
      if ((await database<Row>('cross_certificates').where({ name }).first()) !== undefined) return false;
      await database<Row>('cross_certificates').insert({
        name,
        certificate: Buffer.from(certificate),
        created_at: at,
      });
      return true;
    },
  };
}
