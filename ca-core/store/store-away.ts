/** Whether a database that is away, full or held by others is to blame. */

/** PostgreSQL, appendix A: no connection, no room, shut down or starting; SQLite's result codes; the operating system's. */
const signs = [
  /^08/,
  /^53/,
  /^57P0[123]$/,
  /^SQLITE_(BUSY|FULL|IOERR|CANTOPEN|READONLY)/,
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH)$/,
];
/** What pg and knex say without a code. */
const words = /^(Connection terminated|timeout exceeded when trying to connect|Knex: Timeout acquiring a connection)/;

/** True for what an error of the database's own says of itself. A commit that failed so may have been written all the same. */
export function isStoreAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return signs.some(sign => sign.test(code)) || words.test(error.message);
}
