import { readFileSync } from 'node:fs';
import type { PortalSettings } from '../settings.ts';
import type { Database } from '../store/database.ts';
import { ntaApi } from './nta-api.ts';
import { ntaSnapshot } from './nta-snapshot.ts';
import type { Registers } from './register-source.ts';
import { robinsHttp } from './robins-http.ts';
import { robinsSnapshot } from './robins-snapshot.ts';

/** The sources that the settings name. The NTA's application id comes from a file, as every secret does. */
export function openRegisters(database: Database, { nta, ntaIdFile, robins }: PortalSettings): Registers {
  return {
    robins: robins === 'snapshot' ? robinsSnapshot(database) : robinsHttp(robins),
    nta: nta === 'snapshot' ? ntaSnapshot(database) : ntaApi({ base: nta, applicationId: idIn(ntaIdFile) }),
  };
}

const idIn = (file: string | undefined): string => (file === undefined ? '' : readFileSync(file, 'utf8').trim());
