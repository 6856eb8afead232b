/** The console of a running CA: the roll that counts, passkeys registered under links, rolls that two officers sign. */
import { enrolmentMac } from '../../../ca-core/approvals/enrolment-mac.ts';
import type { RollDocument } from '../../../ca-core/approvals/documents.ts';
import { pendingEnrolments, type OneTimeLink, type PendingEnrolment } from '../../../ca-core/console.ts';
import { anchoredRoll } from '../../../ca-core/follow-roll.ts';
import { createSoftwareAuthenticator } from '../../../scripts/demo/software-authenticator.ts';
import { desk, type Officer } from '../../support/an-officer.ts';
import { aRunningCa, type ARunningCa } from './a-running-ca.ts';

export interface AConsole {
  readonly running: ARunningCa;
  readonly rollNow: () => RollDocument;
  /** Registers one passkey under a link, as a page does. The MAC is the link's own unless another secret is given. */
  readonly register: (link: OneTimeLink, use: 'approve' | 'signIn', change?: OtherClaim) => Promise<Registered>;
  readonly pendingOf: (link: OneTimeLink) => Promise<PendingEnrolment | undefined>;
  /** Two officers sign the newest roll that waits for them. */
  readonly signRoll: (by?: readonly Officer[]) => Promise<void>;
  /** All is done and nothing wrong; the CA is gone. */
  readonly end: () => Promise<void>;
}

interface OtherClaim {
  readonly secret?: string;
  readonly name?: string;
  readonly publicKey?: string;
}

interface Registered {
  readonly publicKey: string;
  readonly credentialId: string;
}

export async function aConsole(): Promise<AConsole> {
  const running = await aRunningCa();
  const { platform } = running;
  return {
    running,
    rollNow: () => {
      const roll = anchoredRoll(platform.console.anchors)?.roll;
      if (roll === undefined) throw new Error('no roll');
      return roll;
    },
    register: (link, use, change = {}) => register(running, { link, use, change }),
    pendingOf: async ({ invitationId }) =>
      (await pendingEnrolments(platform.console)).find(pending => pending.invitationId === invitationId),
    signRoll: async (by = platform.officers) => {
      const [waiting] = await platform.store.documents.awaiting();
      if (waiting === undefined) throw new Error('no document waits');
      await platform.approve(waiting.document, by);
      await running.settle();
    },
    end: async () => {
      await running.expectSound();
      await running.end();
    },
  };
}

interface Registration {
  readonly link: OneTimeLink;
  readonly use: 'approve' | 'signIn';
  readonly change: OtherClaim;
}

async function register({ platform, clock }: ARunningCa, { link, use, change }: Registration): Promise<Registered> {
  const created = createSoftwareAuthenticator().create(desk);
  const person = { name: 'Third Officer', mailbox: `${link.memberId}@operator.example` };
  const claim = { ...person, ...created, ...change, invitationId: link.invitationId, use };
  const mac = enrolmentMac(Buffer.from(change.secret ?? link.secret, 'hex'), claim);
  const { credentialId, publicKey } = claim;
  const { invitationId, name, mailbox } = claim;
  await platform.store.enrolments.add({
    invitationId,
    use,
    credentialId,
    publicKey,
    name,
    mailbox,
    mac,
    at: clock.now(),
  });
  return { credentialId, publicKey };
}
