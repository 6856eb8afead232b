/** Whether an officer may approve: told in the portal, decided by the approval desk and the CA core. */
import { authenticatorsNeeded } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { officerLines } from './list-people.ts';

export interface Equipment {
  readonly have: number;
  /** How many an officer needs to approve anything. */
  readonly needed: number;
}

type Ground = Pick<PortalParts, 'policies' | 'settings'>;

/** As the approval desk counts: by its own address. */
export function neededHere({ policies, settings }: Ground): number {
  return authenticatorsNeeded(policies.schedule.officers.authenticators, { origin: settings.approvalUrl });
}

/** Null for who is no officer. */
export async function equipmentOf(
  parts: Ground & Pick<PortalParts, 'ca'>,
  memberId: string,
): Promise<Equipment | null> {
  const officer = (await officerLines(parts.ca)).find(({ id }) => id === memberId);
  return officer === undefined ? null : { have: officer.authenticators, needed: neededHere(parts) };
}
