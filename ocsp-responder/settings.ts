import { availableParallelism } from 'node:os';
import { keyPlaceMistakes } from '../ca-core/index.ts';
import { readBy, z } from '../ca-core/schema.ts';

export interface ResponderSettings {
  /** The responder's own folder: its keys, their passphrase, its status journal. */
  readonly home: string;
  readonly database: string;
  /** Folder of the policies. */
  readonly policies: string;
  readonly passphraseFile: string;
  /** Where its keys are: `file`, or a pkcs11: URI (RFC 7512). */
  readonly keys: string;
  readonly port: number;
  /** Where relying parties reach it; its path is the prefix of every request. */
  readonly url: URL;
  /** Where operators reach its health and its figures; null where nobody does. */
  readonly metricsPort: number | null;
  /** How many programs answer. */
  readonly workers: number;
}

const keyPlace = z.string().superRefine((keys, context) => {
  for (const message of keyPlaceMistakes(keys)) context.addIssue({ code: 'custom', message });
});

const environment = z.object({
  KAKUIN_HOME: z.string().min(1),
  KAKUIN_DATABASE: z.string().min(1),
  KAKUIN_POLICIES: z.string().min(1),
  KAKUIN_PASSPHRASE_FILE: z.string().min(1),
  KAKUIN_OCSP_KEYS: keyPlace.default('file'),
  KAKUIN_OCSP_PORT: z.coerce.number().int().min(1).max(65_535),
  KAKUIN_OCSP_URL: z.url({ protocol: /^https?$/ }),
  KAKUIN_OCSP_METRICS_PORT: z.coerce.number().int().min(1).max(65_535).optional(),
  KAKUIN_OCSP_WORKERS: z.coerce.number().int().min(1).max(256).optional(),
});

/** Reads the environment. Throws settingsInvalid with every mistake at once. */
export function readSettings(variables: Readonly<Record<string, string | undefined>>): ResponderSettings {
  const read = readBy(environment, variables, 'settingsInvalid');
  return {
    home: `${read.KAKUIN_HOME}/responder`,
    database: read.KAKUIN_DATABASE,
    policies: read.KAKUIN_POLICIES,
    passphraseFile: read.KAKUIN_PASSPHRASE_FILE,
    keys: read.KAKUIN_OCSP_KEYS,
    port: read.KAKUIN_OCSP_PORT,
    url: new URL(read.KAKUIN_OCSP_URL),
    metricsPort: read.KAKUIN_OCSP_METRICS_PORT ?? null,
    workers: read.KAKUIN_OCSP_WORKERS ?? availableParallelism(),
  };
}
