/** OCSP seen from the other side: requests made by OpenSSL, answers read by pkijs and judged by OpenSSL. */
import { fromBER } from 'asn1js';
import * as pkijs from 'pkijs';
import { silentLog } from '../../ca-core/log.ts';
import type { Certificate } from '../../ca-core/x509/certificate.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { keyIdentifier } from '../../ca-core/x509/public-key.ts';
import type { SigningKey } from '../../ca-core/x509/signed.ts';
import type { Answer } from '../../ocsp-responder/answer.ts';
import { openResponder, type Responder } from '../../ocsp-responder/respond.ts';
import type { FitSigner } from '../../ocsp-responder/signer.ts';
import type { AnswerPolicy } from '../../ocsp-responder/compose.ts';
import type { KnownStatus } from '../../ocsp-responder/status.ts';
import { ecKey } from './certificates.ts';
import { judge, type Files } from './openssl.ts';
import { aSmallPki, realNow, type SmallPki } from './small-pki.ts';

export const ocspPolicy: AnswerPolicy = {
  validity: 86_400,
  refreshEvery: 4 * 3600,
  retention: 3650 * 86_400,
  responderId: 'byKey',
  neverIssued: 'unknown',
};

/** A responder over statuses, a clock and a signer that tests set. */
export interface ResponderRig {
  readonly pki: SmallPki;
  readonly responder: Responder;
  readonly statuses: Map<string, KnownStatus>;
  readonly clock: { now: () => number; at: number };
  readonly state: { signer: FitSigner | undefined; at: number | undefined };
  readonly key: SigningKey;
  readonly ask: (request: Uint8Array) => Promise<Answer>;
}

export async function aResponderRig(
  change: Partial<AnswerPolicy> & { readonly mostWaiting?: number } = {},
): Promise<ResponderRig> {
  const { mostWaiting = 512, ...policy } = change;
  const pki = await aSmallPki();
  const { key } = ecKey();
  const certificate = await pki.signer(key.publicKey);
  const statuses = new Map<string, KnownStatus>();
  const clock = { at: realNow(), now: () => clock.at };
  const state: ResponderRig['state'] = {
    signer: { key, certificate, keyHash: keyIdentifier(key.publicKey) },
    at: undefined,
  };
  const responder = openResponder({
    desks: [
      {
        issuer: pki.issuing,
        statuses: { of: serialNumber => statuses.get(serialNumber), reached: () => ({ at: state.at ?? clock.at }) },
        signer: () => state.signer,
        prepared: { find: () => undefined },
      },
    ],
    policy: { ...ocspPolicy, ...policy },
    clock,
    log: silentLog,
    mostWaiting,
  });
  const ask = async (request: Uint8Array): Promise<Answer> => responder.respond(Buffer.from(request));
  return { pki, responder, statuses, clock, state, key, ask };
}

export const good = (): KnownStatus => ({ status: 'good', notAfter: realNow() + 400 * 86_400 });

export const revoked = (
  revokedAt: number,
  change: Partial<Extract<KnownStatus, { status: 'revoked' }>> = {},
): KnownStatus => ({
  status: 'revoked',
  revokedAt,
  reason: 'keyCompromise',
  invalidityDate: null,
  afterCrl: 1n,
  notAfter: realNow() + 400 * 86_400,
  ...change,
});

/** A request as OpenSSL makes it; `options` such as `-sha256` or `-nonce` come before the certificates. */
export function opensslRequest(
  issuer: Certificate,
  leaves: readonly Certificate[],
  options: readonly string[] = ['-no_nonce'],
): Buffer {
  const files = Object.fromEntries(leaves.map((leaf, at) => [`leaf${at}.pem`, encodePem('CERTIFICATE', leaf.der)]));
  const asked = leaves.flatMap((_, at) => ['-cert', `leaf${at}.pem`]);
  return opensslRequestBy([...options, '-issuer', 'issuer.pem', ...asked], {
    ...files,
    'issuer.pem': encodePem('CERTIFICATE', issuer.der),
  });
}

/** The request that `openssl ocsp …args` makes of these files. */
export function opensslRequestBy(args: readonly string[], files: Files): Buffer {
  return judge('sh', ['-c', `openssl ocsp ${args.join(' ')} -reqout request.der >&2 && cat request.der`], files);
}

/** What OpenSSL says of an answer about `leaf`, verification included. Throws when it fails. */
export function opensslVerdict(
  pki: Pick<SmallPki, 'issuing' | 'chain'>,
  leaf: Certificate,
  answer: Uint8Array,
  options = '',
): string {
  const files = {
    'issuer.pem': encodePem('CERTIFICATE', pki.issuing.der),
    'leaf.pem': encodePem('CERTIFICATE', leaf.der),
    'chain.pem': pki.chain,
    'answer.ocsp': answer,
  };
  const command = `openssl ocsp ${options} -issuer issuer.pem -cert leaf.pem -respin answer.ocsp -CAfile chain.pem -no_nonce 2>&1`;
  return judge('sh', ['-c', command], files).toString();
}

/** The answer as another library reads it. Throws when it is not a well-formed OCSPResponse. */
export function readAnswer(answer: Uint8Array): { status: number; basic: pkijs.BasicOCSPResponse | undefined } {
  const { offset, result } = fromBER(answer);
  if (offset !== answer.length) throw new Error('not one whole value');
  const response = new pkijs.OCSPResponse({ schema: result });
  const status = response.responseStatus.valueBlock.valueDec;
  const inner = response.responseBytes?.response.valueBlock.valueHexView;
  return { status, basic: inner && new pkijs.BasicOCSPResponse({ schema: fromBER(inner).result }) };
}
