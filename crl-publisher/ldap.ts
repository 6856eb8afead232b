/** LDAP (RFC 4511), the one door to its library. Always through TLS, and nothing waits for long. */
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { Attribute, Change, Client, NoSuchObjectError, ResultCodeError } from 'ldapts';
import type { DirectoryPlace } from './directory-place.ts';

/** One attribute of one entry. */
export interface DirectoryValue {
  /** DN of the entry. */
  readonly name: string;
  /** What the entry is made as where it is missing. */
  readonly objectClasses: readonly string[];
  /** With `;binary` (RFC 4523 §2). */
  readonly attribute: string;
}

/** A directory that was entered. */
export interface Directory {
  /** undefined where there is no such entry, or it has no such attribute. */
  readonly read: (value: DirectoryValue) => Promise<Buffer | undefined>;
  /** Replaces the attribute's values by this one; makes the entry where it is missing. */
  readonly write: (value: DirectoryValue, octets: Buffer) => Promise<void>;
  /** Takes the attribute, which is there, out of the entry. */
  readonly remove: (value: DirectoryValue) => Promise<void>;
  readonly close: () => Promise<void>;
}

const enterMilliseconds = 5_000;
const answerMilliseconds = 30_000;

/** Enters the directory. Throws where it cannot be reached, cannot show who it is, or lets us not in. */
export async function openDirectory(place: DirectoryPlace): Promise<Directory> {
  const { url, bindName, passwordFile, authoritiesFile } = place;
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  const authorities = authoritiesFile === undefined ? {} : { ca: await readFile(authoritiesFile) };
  const password = (await readFile(passwordFile, 'utf8')).trim();
  // An empty password would be no refusal but an anonymous bind (RFC 4513 §5.1.2).
  if (password === '') throw new Error(`the password file ${passwordFile} is empty`);
  const isSecure = url.startsWith('ldaps:');
  const client = new Client({
    url,
    timeout: answerMilliseconds,
    connectTimeout: enterMilliseconds,
    ...(isSecure ? { tlsOptions: { minVersion: 'TLSv1.2', ...authorities } } : {}),
  });
  const enter = async (): Promise<void> => {
    const identity = isIP(host) === 0 ? { host, servername: host } : { host };
    if (!isSecure) await client.startTLS({ minVersion: 'TLSv1.2', ...identity, ...authorities });
    await client.bind(bindName, password);
  };
  try {
    await within(enterMilliseconds, enter());
  } catch (error) {
    await client.unbind().catch(() => undefined);
    throw error;
  }
  return {
    read: value => readValue(entered(client), value),
    write: (value, octets) => writeValue(entered(client), value, octets),
    remove: value => removeValue(entered(client), value),
    close: () => client.unbind().catch(() => undefined),
  };
}

/** Whether the directory answered, and said no: the connection to it is as good as before. */
export const isDirectoryRefusal = (error: unknown): boolean => error instanceof ResultCodeError;

/** The library would connect anew by itself, as nobody and in the clear. */
function entered(client: Client): Client {
  if (!client.isBound) throw new Error('the connection to the directory was lost');
  return client;
}

async function readValue(client: Client, { name, attribute }: DirectoryValue): Promise<Buffer | undefined> {
  const { searchEntries } = await client
    .search(name, { scope: 'base', attributes: [attribute], explicitBufferAttributes: [attribute] })
    .catch((error: unknown) => {
      if (error instanceof NoSuchObjectError) return { searchEntries: [] };
      throw error;
    });
  const found = searchEntries[0]?.[attribute];
  if (found === undefined || Buffer.isBuffer(found)) return found;
  const [first, ...others] = Array.isArray(found) ? found : [Buffer.from(found)];
  if (first === undefined) return undefined;
  // Several values are none of ours: what a reader would take is not known, so they are replaced.
  return others.length > 0 ? Buffer.alloc(0) : Buffer.from(first);
}

async function writeValue(
  client: Client,
  { name, objectClasses, attribute }: DirectoryValue,
  octets: Buffer,
): Promise<void> {
  const value = new Attribute({ type: attribute, values: [octets] });
  try {
    await client.modify(name, new Change({ operation: 'replace', modification: value }));
  } catch (error) {
    if (!(error instanceof NoSuchObjectError)) throw error;
    await client.add(name, [new Attribute({ type: 'objectClass', values: [...objectClasses] }), value]);
  }
}

async function removeValue(client: Client, { name, attribute }: DirectoryValue): Promise<void> {
  const modification = new Attribute({ type: attribute, values: [] });
  await client.modify(name, new Change({ operation: 'delete', modification }));
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the directory does not answer')), milliseconds);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
