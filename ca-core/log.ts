/** The one door to the logging library: JSON lines on standard output, one per event, no personal data. */
import { pino } from 'pino';

export interface Log {
  readonly info: (fields: object, message: string) => void;
  readonly warn: (fields: object, message: string) => void;
  readonly error: (fields: object, message: string) => void;
}

export function openLog(service: string): Log {
  return pino({ base: { service }, timestamp: pino.stdTimeFunctions.isoTime });
}

export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
