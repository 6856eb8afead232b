/** What the station's commands stand on: its home, its passphrase, its tokens. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PkiError } from '../ca-core/errors.ts';
import { openFileLock } from '../ca-core/home/file-lock.ts';
import { openStation, type OpenStation } from '../issuing-station/pairing/station-home.ts';
import type { StationParts } from '../issuing-station/tokens/personalise.ts';
import { openPortalDesk, type PortalDesk } from '../issuing-station/tokens/portal-desk.ts';
import { openTokenSlots } from '../issuing-station/tokens/token-slots.ts';
import { openJournal, type Journal } from '../issuing-station/tokens/token-work.ts';
import { openVault, type Vault } from '../issuing-station/tokens/vault.ts';
import { secretIn } from './commands/named-file.ts';
import { settingOf, type Settings } from './settings.ts';

export const stationHome = (settings: Settings): string => settingOf(settings, 'KAKUIN_STATION_HOME');

/** Throws keyMissing where there is no passphrase yet. */
export function stationPassphrase(settings: Settings): string {
  const file = settingOf(settings, 'KAKUIN_STATION_PASSPHRASE_FILE');
  if (!existsSync(file)) throw new PkiError('stationUnpaired');
  return readFileSync(file, 'utf8').trim();
}

/** Throws stationUnpaired, keyMissing, passphraseWrong. */
export const theStation = (settings: Settings): Promise<OpenStation> =>
  openStation(stationHome(settings), stationPassphrase(settings));

/** What was begun at this desk and what opens the tokens; no token is needed for it. */
export interface DeskParts {
  readonly station: OpenStation;
  readonly desk: PortalDesk;
  readonly journal: Journal;
  readonly vault: Vault;
}

/** One program at a time works here. Throws stationBusy, and what theStation throws. */
export async function atTheDesk<T>(settings: Settings, work: (parts: DeskParts) => Promise<T>): Promise<T> {
  const station = await theStation(settings);
  const lock = openFileLock(join(station.home, 'desk.lock'));
  if (!lock.take()) {
    lock.close();
    throw new PkiError('stationBusy');
  }
  try {
    const journal = openJournal(join(station.home, 'jobs'));
    const passphrase = stationPassphrase(settings);
    const vault = await openVault(join(station.home, 'vault'), { passphrase, defaultSoPin: soPinOf(settings) });
    return await work({ station, journal, vault, desk: openPortalDesk(station.portal, station.key.signing) });
  } finally {
    lock.close();
  }
}

/** The same with the slots of KAKUIN_STATION_MODULE. Throws settingsInvalid, tokenUnavailable. */
export async function atTheSlots<T>(
  settings: Settings,
  work: (parts: DeskParts & Pick<StationParts, 'slots'>) => Promise<T>,
): Promise<T> {
  return atTheDesk(settings, async parts => {
    const slots = openTokenSlots(settingOf(settings, 'KAKUIN_STATION_MODULE'));
    try {
      return await work({ ...parts, slots });
    } finally {
      slots.close();
    }
  });
}

/** What tokens come with from their maker; none where nobody said: then only tokens of this station's can be made anew. */
function soPinOf({ values }: Settings): string {
  const file = values['KAKUIN_STATION_SO_PIN_FILE'];
  return file === undefined ? '' : secretIn(file);
}
