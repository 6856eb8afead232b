/** Signed notes with one Ed25519 key (c2sp.org/signed-note): text, an empty line, a signature line. */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { PkiError } from '../errors.ts';
import { concat, equalBytes, fromHex } from '../x509/der.ts';
import { signatureOver, type SigningKey } from '../x509/signed.ts';

/** Who signs: a name without spaces or plus signs, and the public key's 32 octets (RFC 8032). */
export interface NoteKey {
  readonly name: string;
  readonly publicKey: Uint8Array;
}

/** What stands before the 32 octets in a SubjectPublicKeyInfo of Ed25519 (RFC 8410 §4). */
const spkiPrefix = fromHex('302a300506032b6570032100');
const ed25519 = Uint8Array.of(1);

/** The key of a note's signer. Throws auditBroken where the SubjectPublicKeyInfo is not of Ed25519. */
export function noteKeyOf(name: string, subjectPublicKeyInfo: Uint8Array): NoteKey {
  const isEd25519 = subjectPublicKeyInfo.length === 44 && equalBytes(subjectPublicKeyInfo.slice(0, 12), spkiPrefix);
  if (!isEd25519 || !isKeyName(name)) throw broken('the audit key is no Ed25519 key with a name');
  return { name, publicKey: subjectPublicKeyInfo.slice(12) };
}

/** The verifier key as one line, as Go's sumdb/note and its relatives write it: name+id+base64(type ‖ key). */
export function encodeNoteKey(key: NoteKey): string {
  const body = Buffer.concat([ed25519, key.publicKey]).toString('base64');
  return `${key.name}+${Buffer.from(keyId(key)).toString('hex')}+${body}`;
}

/** Throws auditBroken for a line that is no verifier key of Ed25519, or whose id is not its own. */
export function readNoteKey(line: string): NoteKey {
  const [, name = '', , body = ''] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]{44})$/.exec(line.trim()) ?? [];
  const bytes = Buffer.from(body, 'base64');
  const key = { name, publicKey: new Uint8Array(bytes.subarray(1)) };
  if (bytes[0] !== 1 || !isKeyName(name) || encodeNoteKey(key) !== line.trim()) throw broken('not a verifier key');
  return key;
}

/** The note over a text that ends with a newline. */
export async function signNote(text: string, name: string, key: SigningKey): Promise<string> {
  const signature = await signatureOver(Buffer.from(text, 'utf8'), key);
  const body = Buffer.concat([keyId(noteKeyOf(name, key.publicKey)), signature]).toString('base64');
  return `${text}\n— ${name} ${body}\n`;
}

/** The text of a note that the key signed; lines of other signers are passed over. Throws auditBroken. */
export function openNote(note: string, key: NoteKey): string {
  const end = note.lastIndexOf('\n\n');
  const text = note.slice(0, end + 1);
  const lines = note.slice(end + 2).split('\n');
  if (end < 0 || hasControls(note) || lines.pop() !== '' || lines.length === 0) throw broken('not a signed note');
  const own = lines.map(readSignatureLine).filter(({ name, id }) => name === key.name && equalBytes(id, keyId(key)));
  const holds = own.length > 0 && own.every(({ signature }) => isSignedBy(text, signature, key));
  if (!holds) throw broken('a note is not signed by the audit key');
  return text;
}

/** SHA-256(name ‖ 0x0A ‖ type ‖ key), its first four octets. */
function keyId({ name, publicKey }: NoteKey): Uint8Array {
  const hash = createHash('sha256').update(`${name}\n`, 'utf8').update(ed25519).update(publicKey).digest();
  return new Uint8Array(hash.subarray(0, 4));
}

function readSignatureLine(line: string): { name: string; id: Uint8Array; signature: Uint8Array } {
  const [, name = '', body = ''] = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
  const bytes = Buffer.from(body, 'base64');
  if (bytes.length < 5 || bytes.toString('base64') !== body) throw broken('a signature line is malformed');
  return { name, id: new Uint8Array(bytes.subarray(0, 4)), signature: new Uint8Array(bytes.subarray(4)) };
}

function isSignedBy(text: string, signature: Uint8Array, { publicKey }: NoteKey): boolean {
  const spki = Buffer.from(concat(spkiPrefix, publicKey));
  return verify(
    null,
    Buffer.from(text, 'utf8'),
    createPublicKey({ key: spki, format: 'der', type: 'spki' }),
    signature,
  );
}

const isKeyName = (name: string): boolean => /^[^\s+]+$/u.test(name);
const hasControls = (note: string): boolean => /[\u0000-\u0009\u000b-\u001f]/.test(note);
const broken = (reason: string): PkiError => new PkiError('auditBroken', { reason });
