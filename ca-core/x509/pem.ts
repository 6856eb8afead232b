/** The textual encoding of RFC 7468, strict: one block, nothing around it but white space. Isomorphic. */
import { PkiError } from '../errors.ts';
import type { Der } from './der.ts';

const block = /^\s*-----BEGIN ([A-Z0-9 ]+)-----\s([A-Za-z0-9+/=\s]+?)\s-----END ([A-Z0-9 ]+)-----\s*$/;

/** One PEM block with lines of 64 characters; `label` as in RFC 7468, for example `CERTIFICATE`. */
export function encodePem(label: string, der: Uint8Array): string {
  let binary = '';
  for (const octet of der) binary += String.fromCharCode(octet);
  const lines = btoa(binary).replace(/(.{64})(?=.)/g, '$1\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

/** The octets of a text that is exactly one block under one of these labels. Throws derMalformed. */
export function decodePem(text: string, labels: readonly string[]): Der {
  const [, begin, body, end] = block.exec(text) ?? [];
  if (begin === undefined || body === undefined || begin !== end || !labels.includes(begin)) {
    throw new PkiError('derMalformed', { what: `one PEM block of ${labels.join(' or ')} was expected` });
  }
  try {
    return Uint8Array.from(atob(body.replace(/\s/g, '')), character => character.charCodeAt(0));
  } catch {
    throw new PkiError('derMalformed', { what: 'base64' });
  }
}
