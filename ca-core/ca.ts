import { authenticatorsNeeded } from './approvals/authenticators.ts';
import type { RelyingParty } from './approvals/assertion.ts';
import type { Clock } from './clock.ts';
import type { Stoppable } from './failpoints.ts';
import type { Home } from './home/home.ts';
import type { KeyStoreHealth } from './keys/key-store.ts';
import type { SubjectKeys } from './keys/subject-keys.ts';
import type { Log } from './log.ts';
import type { Policies } from './profiles/read-policies.ts';
import type { Store } from './store/store.ts';
import type { Certificate } from './x509/certificate.ts';
import type { SigningKey } from './x509/signed.ts';

/** The CA that signs for subscribers: its certificate, its key, and what both are called. */
export interface Issuer {
  readonly certificate: Certificate;
  readonly key: SigningKey;
  readonly keyIdentifier: Uint8Array;
}

/** Where this CA's status is published; the CDP's last part is the shard that each certificate records. */
export interface CaUrls {
  readonly ocsp: string;
  readonly caIssuers: string;
  readonly crl: (shard: number) => string;
}

/** All that the CA core's verbs work with. */
export interface Ca extends Stoppable {
  /** SHA-256 of the issuer's SubjectPublicKeyInfo, hex. */
  readonly id: string;
  readonly issuer: Issuer;
  /** Whether the issuer's key can sign now. */
  readonly keyHealth: () => KeyStoreHealth;
  readonly urls: CaUrls;
  /** The approval desk, where assertions are made. */
  readonly relyingParty: RelyingParty;
  readonly policies: Policies;
  readonly store: Store;
  readonly home: Home;
  readonly clock: Clock;
  readonly subjectKeys: SubjectKeys;
  readonly log: Log;
  /** The other issuing CAs of this home, which are answered for beside the active one. */
  readonly beside: readonly Ca[];
}

/** What every approval is judged by, whatever roll stands behind it. */
export function groundOf({ relyingParty, policies, clock }: Pick<Ca, 'relyingParty' | 'policies' | 'clock'>) {
  const authenticators = authenticatorsNeeded(policies.schedule.officers.authenticators, relyingParty);
  return { relyingParty, authenticators, now: clock.now() };
}

/** The issuing CA with that id; the active one for an id of none, which will refuse what is for another CA. */
export function caFor(active: Ca, id: string): Ca {
  return active.beside.find(one => one.id === id) ?? active;
}

/** All issuing CAs of a home, the active one first. */
export const allOf = (active: Ca): readonly Ca[] => [active, ...active.beside];
