/** Who may open the passwords of a job: people with a key of their own, of which only the public half is here. */
import type { Database } from './database.ts';

export interface Custodian {
  readonly personId: string;
  readonly name: string;
  /** X25519, hex. */
  readonly publicKey: string;
  readonly registeredAt: number;
}

interface CustodianRow {
  person_id: string;
  public_key: string;
  registered_at: number;
}

/** The newest key of a person counts for new jobs; what was sealed to an older one still opens with that. */
export async function addCustodianKey(
  database: Database,
  { personId, publicKey, registeredAt }: Omit<Custodian, 'name'>,
): Promise<void> {
  await database<CustodianRow>('pin_custodians')
    .insert({ person_id: personId, public_key: publicKey, registered_at: registeredAt })
    .onConflict(['person_id', 'public_key'])
    .merge();
}

/** LRAs of an organisation whose account is open, with their newest key, by name. */
export async function custodiansOf(database: Database, organisation: string): Promise<readonly Custodian[]> {
  const rows = await database('pin_custodians')
    .join('people', 'people.id', 'pin_custodians.person_id')
    .join('person_roles', 'person_roles.person_id', 'people.id')
    .where({ 'people.organisation': organisation, 'person_roles.role': 'lra' })
    .whereNull('people.suspended_at')
    .orderBy(['people.name', 'pin_custodians.registered_at'])
    .select<(CustodianRow & { name: string })[]>('pin_custodians.*', 'people.name');
  return [...new Map(rows.map(row => [row.person_id, row])).values()].map(row => ({
    personId: row.person_id,
    name: row.name,
    publicKey: row.public_key,
    registeredAt: row.registered_at,
  }));
}
