/** The one door to the logging library: JSON lines on standard output, one per event, no personal data. */
import { pino } from 'pino';

export interface Log {
  readonly info: (fields: object, message: string) => void;
  readonly warn: (fields: object, message: string) => void;
  readonly error: (fields: object, message: string) => void;
}

/** `to`: instead of standard output. */
export function openLog(service: string, to?: { readonly write: (line: string) => void }): Log {
  const options = { base: { service }, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: errorOf } };
  return to === undefined ? pino(options) : pino(options, to);
}

/** Four things of an error and no others: a database's `detail`, say, repeats the values of a row. */
function errorOf(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const code =
    'code' in error && (typeof error.code === 'string' || typeof error.code === 'number') ? error.code : null;
  return { type: error.name, code, message: error.message, stack: error.stack };
}

export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
