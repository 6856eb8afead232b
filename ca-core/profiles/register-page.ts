/** From a certificate's subject to its organisation's page in the register: what a relying party opens, and what not. */
import type { NameAttribute } from '../x509/name.ts';
import type { RegisterPolicy } from './policies.ts';

export type RegisterPage =
  /** The page, of a host that the policy allows. */
  | { readonly kind: 'page'; readonly url: string }
  /** The older form, `OU2-1.13728`: a number in the register, and no address. */
  | { readonly kind: 'number'; readonly number: string }
  /** An address that nobody should open. */
  | { readonly kind: 'foreign'; readonly text: string }
  | { readonly kind: 'none' };

const prefix = 'OU2-';

/** Reads both forms of the second OU. Only https, no user, no port but the usual one, and a host on the list. */
export function registerPageOf(
  subject: readonly NameAttribute[],
  { robins: { pageHosts } }: Pick<RegisterPolicy, 'robins'>,
): RegisterPage {
  const found = subject.filter(({ type, value }) => type === 'OU' && value.startsWith(prefix));
  const [only] = found;
  if (only === undefined) return { kind: 'none' };
  const text = only.value.slice(prefix.length);
  if (found.length > 1) return { kind: 'foreign', text: found.map(({ value }) => value).join(', ') };
  if (/^[0-9]+(\.[0-9]+)*$/.test(text)) return { kind: 'number', number: text };
  if (!URL.canParse(text)) return { kind: 'foreign', text };
  const { protocol, hostname, port, username, password, href } = new URL(text);
  const isAllowed = protocol === 'https:' && port === '' && username === '' && password === '';
  // What the parser would change on the way is not what the certificate says.
  return isAllowed && href === text && pageHosts.includes(hostname)
    ? { kind: 'page', url: href }
    : { kind: 'foreign', text };
}
