/** Where certificates are issued for a measurement: database and keys of each kind, with real servers and tokens. */
import { availableParallelism } from 'node:os';
import { startPostgres, type PostgresServer } from '../../test/support/postgres.ts';
import { softHsm, type SoftHsm } from '../../test/support/soft-hsm.ts';
import type { BenchWish } from './figure.ts';
import { openGround, type Ground } from './ground.ts';
import { installOldCa } from './old-ca.ts';

export interface IssuePlace {
  readonly database: 'sqlite' | 'postgresql';
  readonly keys: 'file' | 'token';
  /** Of the issuing CA's key. */
  readonly algorithm: 'p-256' | 'rsa-2048';
}

export interface IssueGround extends Ground {
  /** The token that has the issuing CA's key. */
  readonly token: SoftHsm | undefined;
}

/** Opens it, with as many CA core workers as wished, lets `work` run on it, and removes everything. */
export async function onIssueGround<T>(
  place: IssuePlace,
  { workers = availableParallelism() }: Pick<BenchWish, 'workers'>,
  work: (ground: IssueGround) => Promise<T>,
): Promise<T> {
  const endings: (() => unknown)[] = [];
  try {
    const server = place.database === 'postgresql' ? await startPostgres() : undefined;
    if (server !== undefined) endings.push(server.end);
    const token = place.keys === 'token' ? softHsm() : undefined;
    if (token !== undefined) endings.push(token.end);
    const environment = {
      KAKUIN_CA_WORKERS: String(workers),
      ...(await databaseOf(server)),
      ...(token === undefined ? {} : { KAKUIN_CA_KEYS: token.uri() }),
    };
    const ground = await openGround({ environment, ...(place.algorithm === 'p-256' ? {} : { hold: installOldCa }) });
    endings.push(ground.close);
    return await work({ ...ground, token });
  } finally {
    for (const end of endings.toReversed()) await end();
  }
}

async function databaseOf(server: PostgresServer | undefined): Promise<Record<string, string>> {
  return server === undefined ? {} : { KAKUIN_DATABASE: await server.database() };
}
