import { readBy, z } from '../ca-core/schema.ts';

/** Where the desk is and where it looks. Its URL's host is the RP ID of the officers' approval passkeys. */
export interface DeskSettings {
  /** Path of the SQLite file. */
  readonly database: string;
  /** Folder of the policies, whose words for identity evidence the desk shows. */
  readonly policies: string;
  readonly port: number;
  /** Origin of the desk, without a path. */
  readonly url: string;
  /** Origin of the portal, without a path. */
  readonly portalUrl: string;
}

const origin = z
  .url({ protocol: /^https?$/ })
  .refine(
    text => URL.canParse(text) && new URL(text).origin === text,
    'an origin: scheme, host and port, without a slash at the end',
  );

const environment = z.object({
  KAKUIN_DATABASE: z.string().min(1),
  KAKUIN_POLICIES: z.string().min(1),
  KAKUIN_APPROVAL_PORT: z.coerce.number().int().min(1).max(65_535),
  KAKUIN_APPROVAL_URL: origin,
  KAKUIN_PORTAL_URL: origin,
});

/** Throws settingsInvalid with every mistake at once. */
export function readSettings(variables: Readonly<Record<string, string | undefined>>): DeskSettings {
  const read = readBy(environment, variables, 'settingsInvalid');
  return {
    database: read.KAKUIN_DATABASE,
    policies: read.KAKUIN_POLICIES,
    port: read.KAKUIN_APPROVAL_PORT,
    url: read.KAKUIN_APPROVAL_URL,
    portalUrl: read.KAKUIN_PORTAL_URL,
  };
}
