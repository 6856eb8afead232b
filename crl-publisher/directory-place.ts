/** Where a directory is and how it is entered, from the one setting that says so. */
import { z } from '../ca-core/schema.ts';

export interface DirectoryPlace {
  /** `ldaps://host:port` speaks TLS from its first octet; `ldap://host:port` is brought to it (StartTLS) before anything else. */
  readonly url: string;
  /** DN of the entry below which everything is put; it must be there. */
  readonly base: string;
  readonly bindName: string;
  /** Read each time the directory is entered. */
  readonly passwordFile: string;
  /** PEM of whoever vouches for the directory's certificate; undefined for the authorities that Node knows. */
  readonly authoritiesFile: string | undefined;
}

const allowed = ['bindname', 'passwordfile', 'cafile'];

/** `ldaps://host[:port]/BASE?bindname=DN&passwordfile=FILE[&cafile=FILE]`; several with spaces between. */
export const directoryPlaces = z.string().transform((text, context): DirectoryPlace[] => {
  const words = text.split(/\s+/).filter(word => word !== '');
  const mistakes = words.flatMap(mistakesIn);
  for (const message of mistakes) context.addIssue({ code: 'custom', message });
  return mistakes.length > 0 ? z.NEVER : words.map(placeIn);
});

function mistakesIn(text: string): string[] {
  if (!URL.canParse(text)) return ['a URL such as ldaps://host/ou=ca,dc=example?bindname=…&passwordfile=…'];
  const { protocol, hostname, pathname, searchParams, username, password } = new URL(text);
  const isDecodable = /^(?:[^%]|%[0-9a-fA-F]{2})*$/.test(pathname);
  return [
    ...(/^ldaps?:$/.test(protocol) ? [] : ['begins with ldaps:// or ldap://']),
    ...(hostname === '' ? ['names a host'] : []),
    ...(isDecodable && pathname.includes('=') ? [] : ['names the entry below which to publish, as /ou=ca,dc=example']),
    ...(username === '' && password === '' ? [] : ['who enters stands in bindname and passwordfile']),
    ...['bindname', 'passwordfile'].filter(name => !searchParams.get(name)).map(name => `${name} is missing`),
    ...[...searchParams.keys()].filter(name => !allowed.includes(name)).map(name => `${name} is unknown`),
  ];
}

function placeIn(text: string): DirectoryPlace {
  const { protocol, host, pathname, searchParams } = new URL(text);
  return {
    url: `${protocol}//${host}`,
    base: decodeURIComponent(pathname.slice(1)),
    bindName: searchParams.get('bindname') ?? '',
    passwordFile: searchParams.get('passwordfile') ?? '',
    authoritiesFile: searchParams.get('cafile') ?? undefined,
  };
}
