/** What a portal in production lacks: said when it starts, and on the administrator's page. */
import type { Policies, Store } from '../../ca-core/index.ts';
import type { PortalSettings } from '../settings.ts';
import { officerLines } from './list-people.ts';

/** Fewer than this, and holidays or one lost authenticator stop the desk. */
export const fewestOfficers = 4;

/** English sentences for the log; none where the portal is not served over https, which is a first try. */
export async function productionWarnings(
  ca: Store,
  { url }: Pick<PortalSettings, 'url'>,
  policies: Pick<Policies, 'schedule'>,
): Promise<readonly string[]> {
  if (!url.startsWith('https:')) return [];
  const officers = await officerLines(ca);
  const { production } = policies.schedule.officers.authenticators;
  const single = officers.filter(({ authenticators }) => authenticators < production).map(({ id }) => id);
  return [
    ...(officers.length < fewestOfficers
      ? [`production needs at least ${fewestOfficers} officers; the roll has ${officers.length}`]
      : []),
    ...(single.length > 0
      ? [`each officer needs ${production} authenticators to approve anything; fewer have ${single.join(', ')}`]
      : []),
  ];
}
