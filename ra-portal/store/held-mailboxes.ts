/** Mailboxes that have a certificate, or may have one soon. */
import { openStates } from '../applications/application.ts';
import type { HeldMailbox } from '../bulk/check-ground.ts';
import type { Database } from './database.ts';

interface HeldRow {
  case_id: string;
  mailbox: string;
  state: string;
  not_after: number | null;
  last_change: string | null;
  last_reason: string | null;
}

/**
 * Of one organisation and profile, by mailbox in lower case: certificates that are neither revoked for good nor over, and
 * applications that officers have before them.
 */
export async function heldMailboxes(
  database: Database,
  { organisation, profile, now }: { organisation: string; profile: string; now: number },
): Promise<ReadonlyMap<string, HeldMailbox>> {
  const last = (column: string): string =>
    `(select s.${column} from status_changes s where s.issuer = c.issuer and s.serial_number = c.serial_number
      order by s.seq desc limit 1)`;
  const rows: readonly HeldRow[] = await database('applications as a')
    .leftJoin('certificates as c', 'c.case_id', 'a.case_id')
    .where({ 'a.corporate_number': organisation, 'a.profile': profile })
    .where(any => void any.whereIn('a.state', [...openStates, 'returned', 'approved']).orWhere('c.not_after', '>', now))
    .select('a.case_id', 'a.mailbox', 'a.state', 'c.not_after')
    .select(database.raw(`${last('change')} as last_change, ${last('reason')} as last_reason`));
  const held = rows.filter(row => row.not_after === null || !isRevoked(row));
  return new Map(
    held.map(({ mailbox, case_id: caseId, not_after: notAfter }) => [mailbox.toLowerCase(), { caseId, notAfter }]),
  );
}

/** One that is on hold may come back. */
const isRevoked = ({ last_change: change, last_reason: reason }: HeldRow): boolean =>
  change === 'revoked' && reason !== 'certificateHold';
