/** Every night the keys of all certificates are looked at together, a slice of the work in each turn of whoever leads. */
import { allOf, type Ca } from './ca.ts';
import type { Aside } from './aside.ts';
import { auditKeys, openFindings, type KeysAudit } from './keys-audit.ts';
import { openNightly } from './nightly.ts';

const service = 'keys-audit';

export function openNightlyKeysAudit(ca: Ca): Aside {
  const { clock, home, policies, log } = ca;
  return openNightly({
    ...{ name: 'the audit of all keys', service, states: ca.store.states, clock, log },
    ...{ at: policies.schedule.keys.auditAt, memory: home.keysAudits },
    begin: () => {
      const { certificates, status } = ca.store;
      const issuers = allOf(ca).map(({ id }) => id);
      return Promise.resolve(auditKeys({ certificates, status, issuers, policies, now: clock.now() }));
    },
    tell: outcome => tell(ca, outcome),
  });
}

/** Serial numbers that a sentence or an event names; `kakuin keys audit` names all. */
const mostNamed = 20;

async function tell({ store, clock, log }: Ca, audit: KeysAudit): Promise<void> {
  const at = clock.now();
  const weak = openFindings(audit);
  const bad = [...new Set([...weak.map(one => one.serialNumber), ...audit.unreadable])];
  const named = bad.slice(0, mostNamed).join(' ');
  const details = {
    certificates: String(audit.certificates),
    moduli: String(audit.moduli),
    weak: String(weak.length),
    unreadable: String(audit.unreadable.length),
    serialNumbers: named,
  };
  await store.audit.note({
    ...{ at, service: 'ca-core', action: 'keys.audited', actor: 'ca-core', subject: 'keys', details },
  });
  const state = bad.length === 0 ? ('green' as const) : ('red' as const);
  const looked = `${audit.certificates} certificates, ${audit.moduli} RSA moduli`;
  const detail =
    bad.length === 0 ? `${looked}: no key is weak` : `${looked}: ${sentenceOf(weak.length, audit)}: ${named}`;
  if (state === 'red') log.error(details, 'keys that are worth nothing were found');
  await store.states.beat({ service, state, detail, seenAt: at });
}

function sentenceOf(weak: number, { unreadable }: KeysAudit): string {
  const parts = [
    ...(weak > 0 ? [`${weak} with weak keys, to be revoked for keyCompromise`] : []),
    ...(unreadable.length > 0 ? [`${unreadable.length} that cannot be read`] : []),
  ];
  return parts.join(', ');
}
