import { readBy, z } from '../ca-core/schema.ts';
import { directoryPlaces, type DirectoryPlace } from './directory-place.ts';

export interface PublisherSettings {
  /** The folder of the public files. */
  readonly home: string;
  readonly database: string;
  /** Folder of the policies. */
  readonly policies: string;
  readonly port: number;
  /** Origin where relying parties reach the files. */
  readonly url: string;
  /** Folders that get the same files: what another server or a mirror serves. */
  readonly copies: readonly string[];
  /** LDAP directories that get the same. */
  readonly directories: readonly DirectoryPlace[];
}

const origin = z
  .url({ protocol: /^https?$/ })
  .refine(text => URL.canParse(text) && new URL(text).origin === text, 'an origin, without a slash at the end');

const environment = z.object({
  KAKUIN_HOME: z.string().min(1),
  KAKUIN_DATABASE: z.string().min(1),
  KAKUIN_POLICIES: z.string().min(1),
  KAKUIN_CRL_PORT: z.coerce.number().int().min(1).max(65_535),
  KAKUIN_CRL_URL: origin,
  KAKUIN_CRL_COPIES: z.string().optional(),
  KAKUIN_CRL_LDAP: directoryPlaces.optional(),
});

/** Reads the environment. Throws settingsInvalid with every mistake at once. */
export function readSettings(variables: Readonly<Record<string, string | undefined>>): PublisherSettings {
  const read = readBy(environment, variables, 'settingsInvalid');
  return {
    home: `${read.KAKUIN_HOME}/crl`,
    database: read.KAKUIN_DATABASE,
    policies: read.KAKUIN_POLICIES,
    port: read.KAKUIN_CRL_PORT,
    url: read.KAKUIN_CRL_URL,
    copies: (read.KAKUIN_CRL_COPIES ?? '').split(':').filter(folder => folder !== ''),
    directories: read.KAKUIN_CRL_LDAP ?? [],
  };
}
