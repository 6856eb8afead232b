import { isIP } from 'node:net';
import { PkiError } from '../ca-core/errors.ts';
import { readBy, z } from '../ca-core/schema.ts';

const folder = z.string().min(1, 'must be a folder');
const httpUrl = z.url({ protocol: /^https?$/ });

const areNetworks = (text: string): boolean =>
  text.split(',').every(one => {
    const [address = '', bits = '0', ...more] = one.split('/');
    const family = isIP(address);
    return family !== 0 && more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32);
  });

const schema = z.object({
  KAKUIN_HOME: folder,
  KAKUIN_DATABASE: z.string().min(1, 'must be a path'),
  KAKUIN_POLICIES: folder,
  KAKUIN_PORTAL_PORT: z.coerce.number().int().min(0).max(65_535),
  KAKUIN_PORTAL_URL: httpUrl,
  KAKUIN_APPROVAL_URL: httpUrl,
  KAKUIN_CRL_URL: httpUrl,
  KAKUIN_MAIL: z.string().regex(/^(folder:.+|smtps?:\/\/.+)$/, 'must be folder:/path or an smtp:// URL'),
  KAKUIN_ROBINS: z.union([z.literal('snapshot'), z.string().regex(/^https?:\/\/.*\{number\}/)]),
  KAKUIN_NTA: z.union([z.literal('snapshot'), httpUrl]),
  KAKUIN_NTA_ID_FILE: z.string().min(1).optional(),
  KAKUIN_PORTAL_SOCKET: z.string().min(1).max(100, 'is too long for a Unix socket').optional(),
  KAKUIN_TRUSTED_PROXIES: z
    .string()
    .refine(areNetworks, 'must be addresses or networks, as 10.0.0.1,fd00::/8')
    .optional(),
});

export interface PortalSettings {
  readonly port: number;
  /** The origin that browsers see, without a path: also the WebAuthn origin of sign-in. */
  readonly url: string;
  /** The approval desk's origin. */
  readonly approvalUrl: string;
  /** Where CRLs and CA certificates are published. */
  readonly publicationUrl: string;
  /** The portal's own folder: the secret of its form tokens. */
  readonly home: string;
  readonly database: string;
  readonly policies: string;
  /** `folder:/path` (development: one .eml file per letter) or an `smtp://` URL. */
  readonly mail: string;
  readonly robins: string;
  readonly nta: string;
  readonly ntaIdFile: string | undefined;
  /** Path of a Unix socket for the proxy: only what comes over it is believed about client certificates. */
  readonly socket: string | undefined;
  /** Addresses and networks whose X-Forwarded-For says where a request came from; the socket's always does. */
  readonly trustedProxies: readonly string[];
}

/** Throws settingsInvalid with every mistake at once. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): PortalSettings {
  const read = readBy(schema as z.ZodType<z.infer<typeof schema>>, environment, 'settingsInvalid');
  if (read.KAKUIN_NTA !== 'snapshot' && read.KAKUIN_NTA_ID_FILE === undefined) {
    throw new PkiError('settingsInvalid', { mistakes: ['KAKUIN_NTA_ID_FILE: the NTA asks for an application id'] });
  }
  return {
    port: read.KAKUIN_PORTAL_PORT,
    url: new URL(read.KAKUIN_PORTAL_URL).origin,
    approvalUrl: new URL(read.KAKUIN_APPROVAL_URL).origin,
    publicationUrl: new URL(read.KAKUIN_CRL_URL).origin,
    home: `${read.KAKUIN_HOME}/portal`,
    database: read.KAKUIN_DATABASE,
    policies: read.KAKUIN_POLICIES,
    mail: read.KAKUIN_MAIL,
    robins: read.KAKUIN_ROBINS,
    nta: read.KAKUIN_NTA,
    ntaIdFile: read.KAKUIN_NTA_ID_FILE,
    socket: read.KAKUIN_PORTAL_SOCKET,
    trustedProxies: read.KAKUIN_TRUSTED_PROXIES?.split(',') ?? [],
  };
}
