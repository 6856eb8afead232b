import type { Clock } from '../clock.ts';
import { PkiError } from '../errors.ts';
import { pinnedIssuers, type Anchors, type PinnedIssuer } from '../home/home.ts';
import type { Store } from '../store/store.ts';
import { fingerprint } from './transcript.ts';

/**
 * Makes another issuing CA of the home the active one, for new certificates; those beside it are answered for as before.
 * The CA core takes it up at its next start. Throws certificateUnknown for a name that no ceremony installed.
 */
export async function activateIssuer(
  name: string,
  { anchors, store, clock }: { readonly anchors: Anchors; readonly store: Store; readonly clock: Clock },
): Promise<void> {
  const pinned = pinnedIssuers(anchors);
  const wished = pinned.find(one => one.name === name);
  const rows = await store.issuers.list();
  const row = rows.find(one => wished !== undefined && fingerprint(one.certificate) === wished.certificate);
  if (wished === undefined || row === undefined) throw new PkiError('certificateUnknown', { id: name });
  if (pinned[0] !== wished) {
    const beside = pinned.filter(one => one !== wished).map(plain);
    await anchors.issuers.add((anchors.issuers.newest()?.number ?? 0) + 1, { ...plain(wished), beside });
  }
  const at = clock.now();
  await store.issuers.activate(row.id, at);
  const details = { certificate: wished.certificate };
  await store.audit.note({
    at,
    service: 'console',
    action: 'issuer.activated',
    actor: 'operator',
    subject: row.id,
    details,
  });
}

function plain({ name, certificate, keys }: ReturnType<typeof pinnedIssuers>[number]): PinnedIssuer {
  return { name, certificate, ...(keys === undefined ? {} : { keys }) };
}
