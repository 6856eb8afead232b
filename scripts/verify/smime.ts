/** A mail as a file (RFC 8551): the octets that were signed, and the CMS. Only what is needed to find the two. */
import { PkiError } from '../../ca-core/errors.ts';

type Octets = Uint8Array<ArrayBuffer>;

export interface SmimeParts {
  readonly cms: Octets;
  /** The first part, octet for octet with CRLF; undefined where the CMS carries its content itself. */
  readonly content: Octets | undefined;
}

/** Whether it looks like a mail: a header field of MIME in the first lines. */
export function isMail(bytes: Octets): boolean {
  return /^(mime-version|content-type|from|received|return-path|date|subject|message-id|to):/im.test(
    Buffer.from(bytes.subarray(0, 4096))
      .toString('latin1')
      .split(/\r?\n\r?\n/)[0] ?? '',
  );
}

/** Throws derMalformed {what} for a mail that is not signed. */
export function readSmime(bytes: Octets): SmimeParts {
  const { type, encoding, body } = entityOf(Buffer.from(bytes).toString('latin1').replace(/\r?\n/g, '\r\n'));
  if (/^application\/(x-)?pkcs7-mime/i.test(type)) return { cms: decoded(body, encoding), content: undefined };
  const boundary = /boundary="?([^";\r\n]+)"?/i.exec(type)?.[1];
  if (!/^multipart\/signed/i.test(type) || boundary === undefined) throw notSigned();
  const [, content, signature] = `\r\n${body}`.split(`\r\n--${boundary}`);
  if (content === undefined || signature === undefined) throw notSigned();
  const part = entityOf(afterLine(signature));
  if (!/^application\/(x-)?pkcs7-signature/i.test(part.type)) throw notSigned();
  return { cms: decoded(part.body, part.encoding), content: octets(Buffer.from(afterLine(content), 'latin1')) };
}

interface Entity {
  readonly type: string;
  readonly encoding: string;
  readonly body: string;
}

function entityOf(text: string): Entity {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) throw notSigned();
  const fields = text
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const field = (name: string): string =>
    fields
      .find(line => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim() ?? '';
  return { type: field('content-type'), encoding: field('content-transfer-encoding'), body: text.slice(end + 4) };
}

/** What stands behind the boundary on its own line is white space. */
const afterLine = (part: string): string => part.slice(part.indexOf('\r\n') + 2);

function decoded(body: string, encoding: string): Octets {
  const isBase64 = encoding.toLowerCase() === 'base64';
  return octets(Buffer.from(isBase64 ? body.replace(/[^A-Za-z0-9+/=]/g, '') : body, isBase64 ? 'base64' : 'latin1'));
}

const octets = (buffer: Buffer): Octets => new Uint8Array(buffer);
const notSigned = (): PkiError => new PkiError('derMalformed', { what: 'a mail signed with S/MIME was expected' });
