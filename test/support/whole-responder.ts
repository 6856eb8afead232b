/** The responder as its primary runs it, over a small CA whose database, clock and key may fail. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLog } from '../../ca-core/log.ts';
import type { SchedulePolicy } from '../../ca-core/index.ts';
import { fromHex } from '../../ca-core/x509/der.ts';
import type { Answer } from '../../ocsp-responder/answer.ts';
import { firstResponderKey } from '../../ocsp-responder/keys.ts';
import { openOcspResponder, type OcspResponder } from '../../ocsp-responder/open-ocsp-responder.ts';
import { ocspPolicy } from './ocsp.ts';
import { aSmallCa, type SmallCa } from './small-ca.ts';
import { day, realNow } from './small-pki.ts';

export const wholePolicy: SchedulePolicy['ocsp'] = {
  ...ocspPolicy,
  httpMaxAge: 60,
  followEvery: 1,
  signer: { key: 'p-256', maxLifetime: 7 * day, renewBefore: 3 * day },
};

export interface WholeResponder {
  readonly ca: SmallCa;
  /** The responder's own folder. */
  readonly home: string;
  readonly clock: { at: number; readonly now: () => number };
  readonly ocsp: () => OcspResponder;
  readonly ask: (request: Uint8Array) => Promise<Answer>;
  /** Follows the database and signs whatever is due. */
  readonly turn: () => Promise<void>;
  /** What the CA core does: certifies the responder's key. */
  readonly certify: () => Promise<void>;
  /** Reads everything from the disk again, with another policy where given; `meanwhile` is done while it is closed. */
  readonly reopen: (change?: Partial<SchedulePolicy['ocsp']>, meanwhile?: () => void) => Promise<void>;
  readonly end: () => Promise<void>;
}

/** With a fit signer, whose keys are where `keys` says: in files, or on a token by its URI. */
export async function aWholeResponder(
  change: Partial<SchedulePolicy['ocsp']> = {},
  { keys = 'file' }: { readonly keys?: string } = {},
): Promise<WholeResponder> {
  const ca = await aSmallCa();
  const home = join(ca.home, 'responder');
  const passphraseFile = join(ca.home, 'passphrase');
  mkdirSync(home);
  writeFileSync(passphraseFile, 'a long passphrase\n', { mode: 0o600 });
  await firstResponderKey({ home, passphraseFile, keys });
  const clock = { at: realNow(), now: () => clock.at };
  const open = (policy: Partial<SchedulePolicy['ocsp']>): Promise<OcspResponder> =>
    openOcspResponder({
      store: ca.store,
      home,
      passphraseFile,
      keys,
      policy: { ...wholePolicy, ...policy },
      clock,
      log: silentLog,
    });
  let ocsp = await open(change);
  const certify = async (): Promise<void> => {
    for (const request of await ca.store.signers.waiting()) {
      const { publicKey } = JSON.parse(request.statement) as { publicKey: string };
      const certificate = await ca.pki.signer(fromHex(publicKey), { startsIn: clock.at - realNow() });
      const { der, serialNumber, notBefore, notAfter } = certificate;
      const ids = { issuer: ca.pki.ca, orderId: null, caseId: null, profile: 'ocsp-signer', crlShard: 0 };
      await ca.store.signers.issue(
        request.id,
        { ...ids, serialNumber, certificate: der, notBefore, notAfter },
        event(),
      );
    }
  };
  await ocsp.round();
  await certify();
  await ocsp.round();
  return {
    ca,
    home,
    clock,
    ocsp: () => ocsp,
    ask: async request => ocsp.responder.respond(Buffer.from(request)),
    turn: async () => {
      const outcomes = [];
      for (const part of [ocsp.round, ocsp.prepare, ocsp.round]) outcomes.push(...(await Promise.allSettled([part()])));
      const failed = outcomes.find(outcome => outcome.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
    certify,
    reopen: async (policy, meanwhile) => {
      await ocsp.close();
      meanwhile?.();
      ocsp = await open({ ...change, ...policy });
    },
    end: async () => {
      await ocsp.close();
      await ca.close();
    },
  };
}

const event = () => ({
  at: realNow(),
  service: 'ca-core',
  action: 'signer.issued',
  actor: 'ca-core',
  subject: 'test',
  details: {},
});

/** Keeps a copy of a folder or file; the function that puts it back. */
export function kept(path: string): () => void {
  cpSync(path, `${path}.kept`, { recursive: true });
  return () => {
    rmSync(path, { recursive: true });
    cpSync(`${path}.kept`, path, { recursive: true });
  };
}
