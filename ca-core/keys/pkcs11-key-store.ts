/** A KeyStore on a PKCS#11 token: keys never leave it, and it may go and come back while this program runs. */
import { PkiError } from '../errors.ts';
import { concat } from '../x509/der.ts';
import type { SignatureAlgorithm, SigningKey } from '../x509/signed.ts';
import { keyLabel, signatureAlgorithmOf, signingKeyAlgorithmOf, type OpenKeyStore } from './key-store.ts';
import type { TokenKey } from './pkcs11-messages.ts';
import { signatureOf, tokenInputOf, tokenInputOfPieces, type TokenInput } from './pkcs11-signature.ts';
import { mostSessions, StandingConnection, type StandingSettings } from './pkcs11-standing-connection.ts';
import { readPkcs11Uri } from './pkcs11-uri.ts';

export type Pkcs11Settings =
  StandingSettings | (Omit<StandingSettings, 'module' | 'token' | 'pinFile'> & { readonly uri: string });

/**
 * Opens the store; the token is looked for when the first key is asked for. Beside what every KeyStore throws:
 * tokenUnavailable {reason} while the token is away, hangs or refuses the PIN; it works again by itself when it is back.
 * Throws settingsInvalid for a URI or number that cannot be.
 */
export function openPkcs11KeyStore(settings: Pkcs11Settings): OpenKeyStore {
  const where: StandingSettings = 'uri' in settings ? { ...settings, ...readPkcs11Uri(settings.uri) } : settings;
  if (!(where.sessions >= 1 && where.sessions <= mostSessions))
    throw new PkiError('settingsInvalid', { mistakes: [`a token is used with 1 to ${mostSessions} sessions`] });
  const connection = new StandingConnection(where);
  const find = async (label?: string): Promise<readonly TokenKey[]> => {
    const wish = { do: 'find' as const, ...(label === undefined ? {} : { label }) };
    const keys = await connection.ask(wish, reason => new PkiError('keyMissing', { label: label ?? '', reason }));
    return keys.filter(({ id, label: own }) => id === (where.id ?? id) && own === (where.object ?? own));
  };
  return {
    generate: async (label, algorithm) => {
      if (!keyLabel.test(label) || label !== (where.object ?? label) || where.id !== undefined)
        throw missing(label, 'not a label for a new key here');
      if ((await find(label)).length > 0) throw new Error(`The token already has a key ${label}.`);
      const wish = { do: 'generate' as const, label, algorithm };
      return signingKeyOf(
        connection,
        await connection.ask(wish, reason => new PkiError('keyUnacceptable', { reason })),
      );
    },
    open: async (label, algorithm) => {
      if (!keyLabel.test(label)) throw missing(label, 'not a label');
      const [key, ...others] = await find(label);
      if (key === undefined) throw new PkiError('keyMissing', { label });
      if (others.length > 0) throw missing(label, 'several keys have this label');
      return signingKeyOf(connection, key, algorithm);
    },
    labels: async () =>
      [...new Set((await find()).map(key => key.label))].filter(label => keyLabel.test(label)).toSorted(),
    health: () => connection.health(),
    close: () => {
      connection.close();
      return Promise.resolve();
    },
  };
}

const missing = (label: string, reason: string): PkiError => new PkiError('keyMissing', { label, reason });

/** The key is called by its CKA_ID, which it keeps when the token comes back and every handle is another. */
function signingKeyOf(connection: StandingConnection, key: TokenKey, asked?: SignatureAlgorithm): SigningKey {
  const { id, label, publicKey } = key;
  if (publicKey === null) throw missing(label, 'the token has no public half of it');
  if (id === '') throw missing(label, 'it has no CKA_ID by which it could be found again');
  const spki = concat(publicKey);
  const algorithm = signatureAlgorithmOf(signingKeyAlgorithmOf(spki), asked);
  connection.expect(id);
  const ask = async ({ mechanism, input }: TokenInput): Promise<Uint8Array> => {
    const wish = { do: 'sign' as const, key: id, mechanism, input };
    const answer = await connection.ask(wish, reason => new PkiError('signerUnfit', { reason }));
    return signatureOf(mechanism, answer);
  };
  return {
    algorithm,
    publicKey: spki,
    sign: async message => ask(await tokenInputOf(algorithm, message)),
    signPieces: pieces => ask(tokenInputOfPieces(algorithm, pieces)),
  };
}
