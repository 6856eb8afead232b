/** The CA core's own folder: what it believes although no database row says so, and whatever the rows say (design §1). */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openBlockedKeys, type BlockedKeys } from './blocked-keys.ts';
import { openIntentionKey, type IntentionKey } from './intention-key.ts';
import { openInvitationSecrets, type InvitationSecrets } from './invitations.ts';
import { openNightMemory, type NightMemory } from './night-memory.ts';
import { openLateEvents, type LateEvents } from './late-events.ts';
import { openNumberedFiles, type NumberedFiles } from './numbered-files.ts';
import type { OperatorHash } from './operators.ts';
import { openSignerLog, type SignerLog } from './signer-log.ts';
import { openStatusJournal, type StatusJournal } from './status-journal.ts';
import { openWrappingKey, type WrappingKey } from './wrapping-key.ts';

/** A roll that the CA core follows, as canonical text. */
export interface AnchoredRoll {
  readonly text: string;
  readonly authorisedBy: 'console' | 'officers';
}

/** The responder's key that may ask for a certificate: DER SubjectPublicKeyInfo, hex. */
export interface PinnedSigner {
  readonly publicKey: string;
}

/** An issuing CA that a ceremony made. */
export interface PinnedIssuer {
  /** SHA-256 of its certificate's DER, hex. */
  readonly certificate: string;
  /** The label of its key and the last part of its URLs; `issuing` where nothing is said. */
  readonly name?: string;
  /** Where its key is, if not where the setting says: `file`, or a pkcs11: URI. */
  readonly keys?: string;
}

/** The active issuing CA, which signs for subscribers, and those that are answered for beside it. */
export interface PinnedIssuers extends PinnedIssuer {
  readonly beside?: readonly PinnedIssuer[];
}

/** The small files, which the console shares with a running CA core. */
export interface Anchors {
  readonly rolls: NumberedFiles<AnchoredRoll>;
  readonly issuers: NumberedFiles<PinnedIssuers>;
  readonly signers: NumberedFiles<PinnedSigner>;
  readonly operators: NumberedFiles<readonly OperatorHash[]>;
  /** Members whose authenticators the operator confirmed before the first roll: canonical JSON of a Member. */
  readonly founders: NumberedFiles<string>;
  readonly invitations: InvitationSecrets;
}

/** All of it. Several workers of one machine may have the home open: they follow each other's entries in the two logs. */
export interface Home {
  readonly anchors: Anchors;
  readonly signerLog: SignerLog;
  readonly statusJournal: StatusJournal;
  /** Of all issuing CAs. */
  readonly blockedKeys: BlockedKeys;
  readonly lateEvents: LateEvents;
  readonly intentionKey: IntentionKey;
  readonly wrappingKey: WrappingKey;
  readonly keysAudits: NightMemory;
  /** Folder where CRLs are written before they are recorded. */
  readonly crlFolder: string;
  /** Reads what other workers signed and decided. */
  readonly follow: () => void;
  readonly close: () => Promise<void>;
}

export async function openAnchors(folder: string): Promise<Anchors> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return {
    rolls: await openNumberedFiles(join(folder, 'rolls')),
    issuers: await openNumberedFiles(join(folder, 'issuers')),
    signers: await openNumberedFiles(join(folder, 'signers')),
    operators: await openNumberedFiles(join(folder, 'operators')),
    founders: await openNumberedFiles(join(folder, 'founders')),
    invitations: await openInvitationSecrets(join(folder, 'invitations')),
  };
}

/** The issuing CAs of a home, the active one first; `isFirst` is the oldest, whose files have no name of their own. */
export function pinnedIssuers({ issuers }: Pick<Anchors, 'issuers'>) {
  const newest = issuers.newest()?.content;
  if (newest === undefined) return [];
  const first = issuers.find(1)?.name ?? firstName;
  const { beside = [], ...active } = newest;
  return [active, ...beside].map(one => {
    const name = one.name ?? firstName;
    return { ...one, name, isFirst: name === first };
  });
}

const firstName = 'issuing';

/**
 * What a further issuing CA of the home remembers by itself: its serial numbers, CRL numbers, decisions and the responder's
 * keys. The rest is the home's.
 */
export async function openHomeBeside(home: Home, folder: string, name: string): Promise<Home> {
  const own = join(folder, 'issuing-cas', name);
  const signers = await signersOf(folder, name);
  const signerLog = await openSignerLog(join(own, 'signer.log'));
  const statusJournal = await openStatusJournal(join(own, 'status.log'));
  return {
    ...home,
    anchors: { ...home.anchors, signers },
    ...logsOf(signerLog, statusJournal),
    crlFolder: join(own, 'crl'),
  };
}

/** Homes that ask each other what no CA may do that another did: a case is signed once, a compromised key never again. */
export function rememberTogether(homes: readonly Home[]): readonly Home[] {
  return homes.map(({ signerLog, statusJournal, ...home }) => ({
    ...home,
    signerLog: {
      ...signerLog,
      tbsOfCase: caseId =>
        signerLog.tbsOfCase(caseId) ?? homes.map(one => one.signerLog.tbsOfCase(caseId)).find(tbs => tbs !== undefined),
      hasDigest: digest => homes.some(one => one.signerLog.hasDigest(digest)),
    },
    statusJournal: {
      ...statusJournal,
      isCompromised: key => homes.some(one => one.statusJournal.isCompromised(key)),
    },
  }));
}

/** The responder's keys that one issuing CA knows; nothing names the first CA. */
export function signersOf(folder: string, name: string | undefined): Promise<NumberedFiles<PinnedSigner>> {
  return openNumberedFiles(name === undefined ? join(folder, 'signers') : join(folder, 'issuing-cas', name, 'signers'));
}

export async function openHome(folder: string): Promise<Home> {
  const anchors = await openAnchors(folder);
  const signerLog = await openSignerLog(join(folder, 'signer.log'));
  const statusJournal = await openStatusJournal(join(folder, 'status.log'));
  const lateEvents = openLateEvents(join(folder, 'late-events.log'));
  const intentionKey = await openIntentionKey(join(folder, 'intention.key'));
  const wrappingKey = await openWrappingKey(join(folder, 'wrapping.key'));
  const blockedKeys = await openBlockedKeys(join(folder, 'blocked-keys.log'));
  const logs = logsOf(signerLog, statusJournal, blockedKeys);
  const keysAudits = openNightMemory(join(folder, 'keys-audit'));
  return {
    anchors,
    ...logs,
    blockedKeys,
    lateEvents,
    intentionKey,
    wrappingKey,
    keysAudits,
    crlFolder: join(folder, 'crl'),
  };
}

function logsOf(signerLog: SignerLog, statusJournal: StatusJournal, blockedKeys?: BlockedKeys) {
  const follow = (): void => {
    signerLog.follow();
    statusJournal.follow();
    blockedKeys?.follow();
  };
  const close = async (): Promise<void> => {
    await signerLog.close();
    await statusJournal.close();
    await blockedKeys?.close();
  };
  return { signerLog, statusJournal, follow, close };
}
