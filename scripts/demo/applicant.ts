import { setTimeout as pause } from 'node:timers/promises';
import { encodePkcs12, newPassword } from '../../ca-core/delivery/pkcs12.ts';
import { drawPickUpSecret, openSealed, pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import { openHttpClient, type HttpClient } from './http-client.ts';

/** What the applicant types into the form. */
export interface ApplicationForm {
  readonly profile: string;
  readonly kanjiName: string;
  readonly kanaName: string;
  readonly romanName: string;
  readonly corporateNumber: string;
  readonly organisationName: string;
  readonly mailbox: string;
  readonly delivery: 'pkcs12';
  readonly keyAlgorithm: string;
}

export interface Applicant {
  readonly client: HttpClient;
  /** The subject as the form shows it beforehand. */
  readonly preview: () => Promise<string>;
  readonly apply: () => Promise<{ readonly caseId: string; readonly accessCode: string }>;
  readonly proveMailbox: (code: string) => Promise<void>;
  readonly pickUp: () => Promise<PickedUp>;
  readonly revoke: (reason: string) => Promise<void>;
}

export interface PickedUp {
  /** DER */
  readonly certificate: Uint8Array;
  /** DER of the PFX. */
  readonly pkcs12: Uint8Array;
  readonly password: string;
}

interface SealedAnswer {
  readonly sealedKey: string;
  readonly caseId: string;
  readonly caseDigest: string;
  readonly certificate: string;
  readonly chain: readonly string[];
}

/** An applicant whose browser draws the pick-up secret and never sends it. */
export async function openApplicant(portal: string, form: ApplicationForm): Promise<Applicant> {
  const client = openHttpClient();
  const secret = drawPickUpSecret();
  const body = { ...form, sealTo: await pickUpPublicKey(secret) };
  let caseId = '';
  const own = (path: string): string => `${portal}/applications/${caseId}${path}`;
  return {
    client,
    preview: async () => (await client.json<{ subject: string }>(`${portal}/apply/preview`, body)).subject,
    apply: async () => {
      const received = await client.json<{ caseId: string; accessCode: string }>(`${portal}/apply`, body);
      caseId = received.caseId;
      return received;
    },
    proveMailbox: async code => {
      await client.json(own('/mailbox'), { code });
    },
    pickUp: async () => {
      const answer = await whenIssued(() => client.json<SealedAnswer>(own('/pick-up'), {}));
      return opened(answer, secret, form.romanName);
    },
    revoke: async reason => {
      await client.json(own('/revoke'), { reason });
    },
  };
}

/** What the browser does with the answer: opens the key and wraps it under a password of its own. */
async function opened(answer: SealedAnswer, secret: string, friendlyName: string): Promise<PickedUp> {
  const { caseId, caseDigest } = answer;
  const sealed = Buffer.from(answer.sealedKey, 'hex');
  const privateKey = await openSealed({ caseId, caseDigest, secret, sealed });
  const certificate = Buffer.from(answer.certificate, 'base64');
  const chain = answer.chain.map(der => Buffer.from(der, 'base64'));
  const password = newPassword();
  return {
    certificate,
    password,
    pkcs12: await encodePkcs12({ privateKey, certificate, chain, friendlyName, password }),
  };
}

/** The CA core issues within seconds; until then the portal refuses, and the key is not taken. */
async function whenIssued<T>(ask: () => Promise<T>): Promise<T> {
  for (let turn = 0; ; turn += 1) {
    try {
      return await ask();
    } catch (error) {
      const early = error instanceof Error && error.message.includes('notYetIssued');
      if (!early || turn > 150) throw error;
      await pause(200);
    }
  }
}
