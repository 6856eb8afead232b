/** How certificates end: by their subscribers, by officers; some are only held, and released. */
import { openStore } from '../../../ca-core/index.ts';
import { persist } from './persist.ts';
import { sign, type Issued } from './story.ts';
import type { World } from './world.ts';

/** What was wished of a certificate, and taken by a page. */
export interface Wish {
  readonly serialNumber: string;
  readonly status: 'revoked' | 'good';
}

/** By the subscriber's own code, which the policy lets happen so often an hour; the excess would wait for an officer. */
export async function revokeAsSubscriber({ complaints }: World, { applicant, serialNumber }: Issued): Promise<Wish> {
  const act = () => applicant.revoke('superseded');
  await persist(complaints, { what: 'revoke', act, arrived: /alreadyRevoked/ });
  return { serialNumber, status: 'revoked' };
}

export async function revokeAsOfficer(world: World, serialNumber: string, reason: string): Promise<Wish> {
  const [officer] = world.officers;
  await sign(world, officer, await documentOf(world, serialNumber, { act: 'revocation', body: { reason } }));
  return { serialNumber, status: 'revoked' };
}

/** Held, then released by two once it is on record. */
export async function holdAndRelease(world: World, serialNumber: string): Promise<Wish> {
  await revokeAsOfficer(world, serialNumber, 'certificateHold');
  await untilRecorded(world, { serialNumber, status: 'revoked' });
  const location = await documentOf(world, serialNumber, { act: 'release', body: {} });
  for (const officer of world.officers) await sign(world, officer, location);
  return { serialNumber, status: 'good' };
}

async function documentOf(
  { addresses, complaints, officers }: World,
  serialNumber: string,
  { act, body }: { readonly act: string; readonly body: object },
): Promise<string> {
  const url = `${addresses.portal}/officer/certificates/${serialNumber}/${act}`;
  const made = await persist(complaints, {
    what: `make a ${act}`,
    act: () => officers[0].client.json<{ location: string }>(url, body),
  });
  return made?.location ?? '';
}

/** Throws when the database does not say it within 90 s. */
export async function untilRecorded({ database, ca }: World, { serialNumber, status }: Wish): Promise<void> {
  const store = openStore(database);
  for (const until = performance.now() + 90_000; performance.now() < until;) {
    if ((await store.status.of(ca, serialNumber))?.status === status) return;
    await new Promise(resolve => setTimeout(resolve, 200));
  }
  throw new Error(`After 90 s the database does not say ${status} of ${serialNumber}.`);
}
