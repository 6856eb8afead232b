/** Campaigns that ask subscribers to apply anew, and whom they asked. */
import { randomUUID } from 'node:crypto';
import type { Database } from './database.ts';

export interface RekeyCampaign {
  readonly id: string;
  readonly chosenBy: string;
  /** When the certificates are planned to be revoked. */
  readonly revokeAt: number;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly endedAt: number | null;
}

/** A subscriber's certificate in a campaign, and what came of it. */
export interface RekeyInvitation {
  readonly serialNumber: string;
  readonly caseId: string;
  readonly invitedAt: number | null;
  readonly remindedAt: number | null;
  /** The application that renews it, but for those that ended without a certificate, and whether its certificate is issued. */
  readonly renewal: string | null;
  readonly isIssued: boolean;
}

interface CampaignRow {
  id: string;
  chosen_by: string;
  revoke_at: number;
  created_by: string;
  created_at: number;
  ended_at: number | null;
}

interface InvitationRow {
  campaign_id: string;
  serial_number: string;
  case_id: string;
  invited_at: number | null;
  reminded_at: number | null;
}

export interface NewCampaign extends Omit<RekeyCampaign, 'id' | 'endedAt'> {
  readonly certificates: readonly { readonly serialNumber: string; readonly caseId: string }[];
}

/** Its id. */
export async function addCampaign(trx: Database, { certificates, ...campaign }: NewCampaign): Promise<string> {
  const id = randomUUID();
  await trx<CampaignRow>('rekey_campaigns').insert({
    ...{ id, chosen_by: campaign.chosenBy, revoke_at: campaign.revokeAt, created_by: campaign.createdBy },
    ...{ created_at: campaign.createdAt, ended_at: null },
  });
  const rows = certificates.map(one => ({
    ...{ campaign_id: id, serial_number: one.serialNumber, case_id: one.caseId },
    ...{ invited_at: null, reminded_at: null },
  }));
  await trx.batchInsert('rekey_invitations', rows, 100);
  return id;
}

export async function campaigns(database: Database): Promise<readonly RekeyCampaign[]> {
  return (await database<CampaignRow>('rekey_campaigns').orderBy('created_at', 'desc').limit(100)).map(campaignOf);
}

export async function findCampaign(database: Database, id: string): Promise<RekeyCampaign | null> {
  const row = await database<CampaignRow>('rekey_campaigns').where({ id }).first();
  return row === undefined ? null : campaignOf(row);
}

/** False where it had ended before. */
export async function endCampaign(database: Database, id: string, at: number): Promise<boolean> {
  return (
    (await database<CampaignRow>('rekey_campaigns').where({ id }).whereNull('ended_at').update({ ended_at: at })) === 1
  );
}

export async function invitationsOf(database: Database, campaignId: string): Promise<readonly RekeyInvitation[]> {
  const rows = await database<InvitationRow>('rekey_invitations')
    .leftJoin(lastingRenewals(database).as('renewals'), 'renewals.renews', 'rekey_invitations.case_id')
    .leftJoin('certificates', 'certificates.case_id', 'renewals.case_id')
    .where('rekey_invitations.campaign_id', campaignId)
    .orderBy('rekey_invitations.serial_number')
    .select<(InvitationRow & { renewal: string | null; issued: string | null })[]>(
      'rekey_invitations.*',
      'renewals.case_id as renewal',
      'certificates.serial_number as issued',
    );
  const found = new Map<string, RekeyInvitation>();
  for (const row of rows) {
    const known = found.get(row.serial_number);
    const isIssued = row.issued !== null || known?.isIssued === true;
    found.set(row.serial_number, { ...invitationOf(row), renewal: row.renewal, isIssued });
  }
  return [...found.values()];
}

export interface DueInvitation {
  readonly campaignId: string;
  readonly serialNumber: string;
  readonly caseId: string;
  readonly revokeAt: number;
  readonly isReminder: boolean;
}

/**
 * Whom to write to now: those not asked yet, and those asked (or reminded) before `remindBefore` who have not applied. Of
 * campaigns that go on and whose day has not come.
 */
export async function invitationsDue(
  database: Database,
  { now, remindBefore, limit }: { readonly now: number; readonly remindBefore: number; readonly limit: number },
): Promise<readonly DueInvitation[]> {
  const rows = await database<InvitationRow>('rekey_invitations')
    .join('rekey_campaigns', 'rekey_campaigns.id', 'rekey_invitations.campaign_id')
    .whereNull('rekey_campaigns.ended_at')
    .where('rekey_campaigns.revoke_at', '>', now)
    .whereNotExists(lastingRenewals(database).whereRaw('renewals.renews = rekey_invitations.case_id'))
    .where(due => {
      void due.whereNull('invited_at').orWhereRaw('coalesce(reminded_at, invited_at) < ?', [remindBefore]);
    })
    .limit(limit)
    .select<(InvitationRow & { revoke_at: number })[]>('rekey_invitations.*', 'rekey_campaigns.revoke_at');
  return rows.map(row => ({
    campaignId: row.campaign_id,
    serialNumber: row.serial_number,
    caseId: row.case_id,
    revokeAt: row.revoke_at,
    isReminder: row.invited_at !== null,
  }));
}

/** Of several portals one writes: false where another did since `remindBefore`. */
export async function noteInvitation(
  trx: Database,
  { campaignId, serialNumber, isReminder }: DueInvitation,
  { at, remindBefore }: { readonly at: number; readonly remindBefore: number },
): Promise<boolean> {
  const row = trx<InvitationRow>('rekey_invitations').where({ campaign_id: campaignId, serial_number: serialNumber });
  const noted = isReminder
    ? row.whereRaw('coalesce(reminded_at, invited_at) < ?', [remindBefore]).update({ reminded_at: at })
    : row.whereNull('invited_at').update({ invited_at: at });
  return (await noted) === 1;
}

/** Whose application was rejected, withdrawn, or left lying until its data went, has not applied. */
function lastingRenewals(database: Database) {
  const ended = database('applications as n')
    .leftJoin('certificates as l', 'l.case_id', 'n.case_id')
    .whereRaw('n.case_id = renewals.case_id')
    .whereNull('l.case_id')
    .where(over => void over.whereIn('n.state', ['rejected', 'withdrawn']).orWhereNotNull('n.erased_at'))
    .select('n.case_id');
  return database('renewals').whereNotExists(ended).select('renewals.case_id', 'renewals.renews');
}

const campaignOf = (row: CampaignRow): RekeyCampaign => ({
  id: row.id,
  chosenBy: row.chosen_by,
  revokeAt: row.revoke_at,
  createdBy: row.created_by,
  createdAt: row.created_at,
  endedAt: row.ended_at,
});

const invitationOf = (row: InvitationRow): Omit<RekeyInvitation, 'renewal' | 'isIssued'> => ({
  serialNumber: row.serial_number,
  caseId: row.case_id,
  invitedAt: row.invited_at,
  remindedAt: row.reminded_at,
});
