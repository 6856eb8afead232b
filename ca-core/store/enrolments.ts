import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { Member } from '../approvals/documents.ts';
import type { UnixTime } from '../clock.ts';
import { PkiError } from '../errors.ts';
import { noteEvent } from './audit.ts';

/** The public half of a one-time link; its secret is only in the CA core's home and in the link's fragment. */
export interface Invitation {
  readonly id: string;
  readonly memberId: string;
  readonly role: Member['role'];
  readonly expiresAt: UnixTime;
  readonly closedAt: UnixTime | null;
}

/** One credential that a browser registered under an invitation. Believed only after its MAC was checked at the console. */
export interface Enrolment {
  readonly invitationId: string;
  readonly use: 'approve' | 'signIn';
  /** base64url. */
  readonly credentialId: string;
  /** DER SubjectPublicKeyInfo, hex. */
  readonly publicKey: string;
  readonly name: string;
  readonly mailbox: string;
  /** HMAC-SHA-256, hex; see approvals/enrolment-mac.ts. */
  readonly mac: string;
}

export interface EnrolmentStore {
  readonly invite: (invitation: Omit<Invitation, 'closedAt'> & { readonly at: UnixTime }) => Promise<void>;
  readonly invitation: (id: string) => Promise<Invitation | undefined>;
  readonly invitations: () => Promise<readonly Invitation[]>;
  readonly close: (id: string, at: UnixTime) => Promise<void>;
  /** Throws invitationUnknown (unknown, closed, expired) or enrolmentInvalid (the credential is already there). */
  readonly add: (enrolment: Enrolment & { readonly at: UnixTime }) => Promise<void>;
  readonly of: (invitationId: string) => Promise<readonly Enrolment[]>;
}

interface InvitationRow {
  id: string;
  member_id: string;
  role: Member['role'];
  expires_at: number;
  created_at: number;
  closed_at: number | null;
}

interface EnrolmentRow {
  id: string;
  invitation_id: string;
  use: 'approve' | 'signIn';
  credential_id: string;
  public_key: string;
  name: string;
  mailbox: string;
  mac: string;
  created_at: number;
}

export function openEnrolmentStore(database: Knex): EnrolmentStore {
  return {
    invite: async ({ id, memberId, role, expiresAt, at }) => {
      await database<InvitationRow>('invitations').insert({
        id,
        member_id: memberId,
        role,
        expires_at: expiresAt,
        created_at: at,
      });
    },
    invitation: async id => {
      const row = await database<InvitationRow>('invitations').where({ id }).first();
      return row === undefined ? undefined : invitationOf(row);
    },
    invitations: async () => (await database<InvitationRow>('invitations').orderBy('created_at')).map(invitationOf),
    close: async (id, at) => {
      await database<InvitationRow>('invitations').where({ id }).update({ closed_at: at });
    },
    add: enrolment => database.transaction(transaction => addEnrolment(transaction, enrolment)),
    of: async invitationId => {
      const rows = await database<EnrolmentRow>('enrolments')
        .where({ invitation_id: invitationId })
        .orderBy('created_at');
      return rows.map(enrolmentOf);
    },
  };
}

async function addEnrolment(transaction: Knex, enrolment: Enrolment & { readonly at: UnixTime }): Promise<void> {
  const { invitationId, credentialId, at, use } = enrolment;
  const invitation = await transaction<InvitationRow>('invitations').where({ id: invitationId }).first();
  if (invitation === undefined || invitation.closed_at !== null || invitation.expires_at < at) {
    throw new PkiError('invitationUnknown');
  }
  const known = await transaction<EnrolmentRow>('enrolments').where({ invitation_id: invitationId });
  if (known.length >= 6 || known.some(row => row.credential_id === credentialId))
    throw new PkiError('enrolmentInvalid');
  await transaction<EnrolmentRow>('enrolments').insert({
    id: randomUUID(),
    invitation_id: invitationId,
    use,
    credential_id: credentialId,
    public_key: enrolment.publicKey,
    name: enrolment.name,
    mailbox: enrolment.mailbox,
    mac: enrolment.mac,
    created_at: at,
  });
  const service = use === 'approve' ? 'approval-desk' : 'ra-portal';
  const actor = invitation.member_id;
  await noteEvent(transaction, {
    at,
    service,
    action: 'authenticator.enrolled',
    actor,
    subject: invitationId,
    details: { use },
  });
}

function invitationOf(row: InvitationRow): Invitation {
  return { id: row.id, memberId: row.member_id, role: row.role, expiresAt: row.expires_at, closedAt: row.closed_at };
}

function enrolmentOf(row: EnrolmentRow): Enrolment {
  return {
    invitationId: row.invitation_id,
    use: row.use,
    credentialId: row.credential_id,
    publicKey: row.public_key,
    name: row.name,
    mailbox: row.mailbox,
    mac: row.mac,
  };
}
