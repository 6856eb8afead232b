/** The ceremony of a CA of tests: its settings, and the plan with the passphrases that all tests know. */
import { join } from 'node:path';
import type { CeremonyPlan } from '../../ca-core/ceremony.ts';
import type { Clock } from '../../ca-core/clock.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import type { Policies } from '../../ca-core/profiles/read-policies.ts';
import type { CaSettings } from '../../ca-core/settings.ts';
import type { Store } from '../../ca-core/store/store.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import type { ecKey } from './certificates.ts';
import { deskOrigin } from './an-officer.ts';

export function settingsOf(home: string): CaSettings {
  return {
    home,
    database: join(home, 'kakuin.db'),
    policies: join(projectRoot, 'policies'),
    passphraseFile: join(home, 'passphrase'),
    ocspUrl: 'http://localhost:8081',
    crlUrl: 'http://localhost:8082',
    approvalUrl: deskOrigin,
  };
}

export interface CeremonyGround {
  readonly settings: CaSettings;
  readonly store: Store;
  readonly policies: Policies;
  readonly clock: Clock;
  readonly responder: ReturnType<typeof ecKey>;
}

export function ceremonyPlan({ settings, store, policies, clock, responder }: CeremonyGround): CeremonyPlan {
  return {
    home: settings.home,
    rootPassphrase: 'the root passphrase',
    caKeys: settings.caKeys,
    caPassphrase: 'a passphrase for tests',
    rootAlgorithm: 'p-384',
    issuingAlgorithm: 'p-256',
    crlUrl: settings.crlUrl,
    signerPublicKey: toHex(responder.spki),
    operators: ['operator-1', 'operator-2'],
    policies,
    store,
    clock,
  };
}
