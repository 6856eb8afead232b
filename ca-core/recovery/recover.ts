/** From what a backup knows to what the world knows: nothing that was signed is signed again, nothing that was revoked is unsaid. */
import { allOf } from '../ca.ts';
import type { Clock } from '../clock.ts';
import { PkiError } from '../errors.ts';
import type { Log } from '../log.ts';
import { openCa, type OpenCa } from '../open-ca.ts';
import type { CaSettings } from '../settings.ts';
import { openDatabase } from '../store/database.ts';
import { openRecoveryStore } from '../store/recovery.ts';
import { folderOf } from './ca-folders.ts';
import { putTogether, type PutTogether, type RecoverySources } from './put-together.ts';

export interface RecoverySurroundings {
  readonly clock: Clock;
  readonly log: Log;
  /** Told what is being done. */
  readonly tell: (what: string) => void;
}

export interface RecoveryReport extends PutTogether {
  /** The newest CRL of each issuing CA afterwards, by its name. */
  readonly crlNumbers: Readonly<Record<string, number>>;
  /** Why the CA core could not end what was put back; empty where it did. */
  readonly unfinished: string;
}

/**
 * Needs the CA core stopped; may be done again, also after one that was killed. The marks of a restore stay until the report
 * is told: `takeMarksAway`. Throws alreadyRunning, recoveryNeeded where no CRL is at hand and nobody said so, and auditBroken
 * where the log that was restored is not the one that was signed.
 */
export async function recover(
  settings: CaSettings,
  sources: RecoverySources,
  { clock, log, tell }: RecoverySurroundings,
): Promise<RecoveryReport> {
  const database = openDatabase(settings.database);
  const put: { together?: PutTogether } = {};
  try {
    const recovery = openRecoveryStore(database);
    const standing: Parameters<typeof openCa>[1]['standing'] = async ground => {
      put.together = await putTogether({ ...ground, recovery, sources, tell });
    };
    // Backups begin when the CA core does, where its own settings say.
    const open = await openCa({ ...settings, backup: undefined }, { clock, log, standing });
    try {
      tell('Ending what was put back, and making a CRL');
      const unfinished = await settle(open);
      if (put.together === undefined) throw new Error('nothing was put together');
      return { ...put.together, crlNumbers: numbersOf(open), unfinished };
    } finally {
      await open.close();
    }
  } finally {
    await database.destroy();
  }
}

/** What keeps the CA core from coming to rest. What needs no key was done by then; it goes on by itself when the key is back. */
async function settle({ turn }: OpenCa): Promise<string> {
  try {
    while (await turn());
    return '';
  } catch (error) {
    if (error instanceof PkiError && error.code === 'tokenUnavailable') return error.message;
    throw error;
  }
}

function numbersOf({ ca }: OpenCa): Record<string, number> {
  return Object.fromEntries(allOf(ca).map(one => [folderOf(one).name, one.home.signerLog.lastCrl().crlNumber]));
}
