import { PkiError } from '../ca-core/errors.ts';
import { readBy, z } from '../ca-core/schema.ts';

const folder = z.string().min(1, 'must be a folder');
const httpUrl = z.url({ protocol: /^https?$/ });

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
  };
}
