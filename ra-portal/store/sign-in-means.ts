/** With what people show who they are. Officers' passkeys stand on the roll; theirs here is at most a certificate. */
import type { Database } from './database.ts';

export interface KnownPasskey {
  /** base64url. */
  readonly credentialId: string;
  readonly personId: string;
  /** DER SubjectPublicKeyInfo, hex. */
  readonly publicKey: string;
  readonly createdAt: number;
}

interface PasskeyRow {
  credential_id: string;
  person_id: string;
  public_key: string;
  created_at: number;
  ended_at: number | null;
}

export async function addPasskey(database: Database, passkey: KnownPasskey): Promise<void> {
  await database<PasskeyRow>('person_passkeys').insert({
    credential_id: passkey.credentialId,
    person_id: passkey.personId,
    public_key: passkey.publicKey,
    created_at: passkey.createdAt,
  });
}

/** Null where it is unknown or ended. */
export async function findPasskey(database: Database, credentialId: string): Promise<KnownPasskey | null> {
  const row = await database<PasskeyRow>('person_passkeys')
    .where({ credential_id: credentialId, ended_at: null })
    .first();
  return row === undefined ? null : passkeyOf(row);
}

/** Ended ones, too: an authenticator never comes back under another name. */
export async function isPasskeyKnown(
  database: Database,
  key: { credentialId: string; publicKey: string },
): Promise<boolean> {
  const { credentialId, publicKey } = key;
  const row = await database<PasskeyRow>('person_passkeys')
    .where('credential_id', credentialId)
    .orWhere('public_key', publicKey)
    .first();
  return row !== undefined;
}

export async function passkeysOf(database: Database, personId: string): Promise<readonly KnownPasskey[]> {
  const rows = await database<PasskeyRow>('person_passkeys')
    .where({ person_id: personId, ended_at: null })
    .orderBy('created_at');
  return rows.map(passkeyOf);
}

const passkeyOf = (row: PasskeyRow): KnownPasskey => ({
  credentialId: row.credential_id,
  personId: row.person_id,
  publicKey: row.public_key,
  createdAt: row.created_at,
});

export interface BoundCertificate {
  /** SHA-256 of the issuer's SubjectPublicKeyInfo, hex. */
  readonly issuer: string;
  readonly serialNumber: string;
  /** Id in people, or member id of an officer. */
  readonly personId: string;
}

interface CertificateRow {
  issuer: string;
  serial_number: string;
  person_id: string;
  created_at: number;
  ended_at: number | null;
}

export async function bindCertificate(database: Database, bound: BoundCertificate & { at: number }): Promise<void> {
  await database<CertificateRow>('bound_certificates').insert({
    issuer: bound.issuer,
    serial_number: bound.serialNumber,
    person_id: bound.personId,
    created_at: bound.at,
  });
}

/** Ended ones, too: `ended` tells. */
export async function findBoundCertificate(
  database: Database,
  issuer: string,
  serialNumber: string,
): Promise<(BoundCertificate & { readonly ended: boolean }) | null> {
  const row = await database<CertificateRow>('bound_certificates')
    .where({ issuer, serial_number: serialNumber })
    .first();
  if (row === undefined) return null;
  return { issuer, serialNumber, personId: row.person_id, ended: row.ended_at !== null };
}

export async function certificatesBoundTo(database: Database, personId: string): Promise<readonly BoundCertificate[]> {
  return database<CertificateRow>('bound_certificates')
    .where({ person_id: personId, ended_at: null })
    .orderBy('created_at')
    .select('issuer', { serialNumber: 'serial_number', personId: 'person_id' });
}

export interface Totp {
  readonly personId: string;
  readonly sealedSecret: string;
  /** scrypt. */
  readonly phrase: string;
  /** Time step of the newest code that was taken. */
  readonly lastStep: number;
  readonly confirmedAt: number | null;
}

interface TotpRow {
  person_id: string;
  sealed_secret: string;
  phrase: string;
  last_step: number;
  confirmed_at: number | null;
  created_at: number;
}

export async function keepTotp(database: Database, totp: Omit<Totp, 'confirmedAt'> & { at: number }): Promise<void> {
  await database<TotpRow>('person_totp')
    .insert({
      person_id: totp.personId,
      sealed_secret: totp.sealedSecret,
      phrase: totp.phrase,
      last_step: totp.lastStep,
      confirmed_at: null,
      created_at: totp.at,
    })
    .onConflict('person_id')
    .merge();
}

export async function totpOf(database: Database, personId: string): Promise<Totp | null> {
  const row = await database<TotpRow>('person_totp').where('person_id', personId).first();
  if (row === undefined) return null;
  const { person_id, sealed_secret, phrase, last_step, confirmed_at } = row;
  return { personId: person_id, sealedSecret: sealed_secret, phrase, lastStep: last_step, confirmedAt: confirmed_at };
}

/** False where a code of this step, or a later one, was taken before: two at once count once. */
export async function noteStep(
  database: Database,
  personId: string,
  taken: { step: number; at: number },
): Promise<boolean> {
  const changed = await database<TotpRow>('person_totp')
    .where('person_id', personId)
    .where('last_step', '<', taken.step)
    .update({ last_step: taken.step, confirmed_at: database.raw('coalesce(confirmed_at, ?)', [taken.at]) });
  return changed === 1;
}

/** Everything that opened the account until now; the certificate stays bound, so that nobody else binds it. */
export async function endMeansOf(database: Database, personId: string, at: number): Promise<void> {
  const open = { person_id: personId, ended_at: null };
  await database<PasskeyRow>('person_passkeys').where(open).update({ ended_at: at });
  await database<CertificateRow>('bound_certificates').where(open).update({ ended_at: at });
  await database<TotpRow>('person_totp').where('person_id', personId).delete();
}
