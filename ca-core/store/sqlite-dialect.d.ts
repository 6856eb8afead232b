declare module 'knex/lib/dialects/better-sqlite3/index.js' {
  import type { Knex } from 'knex';

  /** What knex hands to its driver: a statement, its bindings, and room for the answer. */
  export interface DriverQuery {
    sql: string;
    bindings?: readonly unknown[];
    response?: unknown;
    context?: unknown;
    /** `rows`: each row of bindings that the statement shall be run with; `mayBeLost`: without waiting for the disk. */
    readonly options?: { readonly rows?: readonly (readonly unknown[])[]; readonly mayBeLost?: boolean };
  }
  export interface DriverStatement {
    readonly reader: boolean;
    all(bindings: readonly unknown[]): unknown;
    run(bindings: readonly unknown[]): { lastInsertRowid: number | bigint; changes: number };
  }
  export interface DriverConnection {
    prepare(sql: string): DriverStatement;
    pragma(text: string, options?: { readonly simple?: boolean }): unknown;
  }
  export default class BetterSqliteClient extends Knex.Client {
    _driver(): unknown;
    _query(connection: DriverConnection, query: DriverQuery): Promise<DriverQuery>;
    _formatBindings(bindings: readonly unknown[] | undefined): readonly unknown[];
  }
}
