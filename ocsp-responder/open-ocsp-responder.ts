/** The responder, put together: what follows the database, what signs, what answers. */
import { join } from 'node:path';
import type { SchedulePolicy, Store } from '../ca-core/index.ts';
import type { Clock } from '../ca-core/clock.ts';
import type { Log } from '../ca-core/log.ts';
import { followStatus } from './follow-status.ts';
import { pinnedIssuer } from './issuer-pin.ts';
import { openResponderKeys } from './keys.ts';
import { openResponder, type Responder } from './respond.ts';
import { openSigner } from './signer.ts';
import { signerRecordFile } from './signer-record.ts';
import { openOwnStatuses } from './status-store.ts';

export interface OcspResponderParts {
  readonly store: Pick<Store, 'certificates' | 'crls' | 'issuers' | 'signers' | 'states' | 'status'>;
  /** The responder's own folder. */
  readonly home: string;
  readonly passphraseFile: string;
  readonly policy: SchedulePolicy['ocsp'];
  readonly clock: Clock;
  readonly log: Log;
}

export interface OcspResponder {
  readonly responder: Responder;
  readonly hasSigner: () => boolean;
  /** Catches up with the database and takes the next step towards a fit signer. Throws what went wrong, after doing the rest. */
  readonly round: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** How often it tells the database that it is well, in seconds. */
const beatEvery = 10;

export async function openOcspResponder(parts: OcspResponderParts): Promise<OcspResponder> {
  const { store, home, passphraseFile, policy, clock, log } = parts;
  const { certificate: issuer, ca } = await pinnedIssuer(home, store.issuers);
  const statuses = await openOwnStatuses(join(home, 'status.jsonl'), serialNumber => responder.forget(serialNumber));
  const keys = await openResponderKeys({ home, passphraseFile });
  const record = signerRecordFile(join(home, 'signer.json'));
  const signer = await openSigner(
    { keys, record, requests: store.signers, issuer, ca, policy: policy.signer, clock, log },
    () => responder.forgetAll(),
  );
  const responder = openResponder({ issuer, statuses, signer: signer.fit, policy, clock, log });
  const follow = followStatus({ ...store, statuses, issuer, ca, clock, log });
  let beatAt = 0;
  let lastDetail = '';
  const beat = async (): Promise<void> => {
    const seenAt = clock.now();
    const fit = signer.fit();
    const detail = fit === undefined ? 'no fit signer' : `signer ${fit.certificate.serialNumber}`;
    if (detail === lastDetail && seenAt < beatAt + beatEvery) return;
    await store.states.beat({ service: 'ocsp-responder', state: fit === undefined ? 'red' : 'green', detail, seenAt });
    beatAt = seenAt;
    lastDetail = detail;
  };
  return {
    responder,
    hasSigner: () => signer.fit() !== undefined,
    round: async () => {
      const outcomes = [await settled(follow), await settled(signer.advance), await settled(beat)];
      const failure = outcomes.find(outcome => outcome !== undefined);
      if (failure !== undefined) throw failure.error;
    },
    close: statuses.close,
  };
}

/** One failing part must not keep the others from their turn. */
async function settled(part: () => Promise<void>): Promise<{ error: unknown } | undefined> {
  try {
    await part();
    return undefined;
  } catch (error) {
    return { error };
  }
}
