import {
  checkCertificationRequest,
  keyAlgorithms,
  readCertificationRequest,
  type CertificateProfile,
  type Policies,
  type RequestGround,
  type SubjectKey,
} from '../../ca-core/index.ts';
import { tokenAlgorithms } from '../tokens/token-algorithms.ts';
import { halfWidth } from './as-typed.ts';
import type { FieldMistake, FormText } from './form-text.ts';
import { mistakeOf } from './read-form.ts';

const mostCsrCharacters = 20_000;

/** Where the key comes from. `sealTo` is only there once the browser has drawn the pick-up secret. */
export function readSubjectKey(
  text: FormText,
  { profile, policies }: { readonly profile: CertificateProfile; readonly policies: Policies },
  sealTo: 'withSealTo' | 'beforeSealTo',
): SubjectKey | readonly FieldMistake[] {
  if (text.delivery === 'csr' && profile.deliveries.includes('csr')) {
    return readCsr(text.certificationRequest, { profile, policies, mailbox: halfWidth(text.mailbox) });
  }
  if (text.delivery === 'token' && profile.deliveries.includes('token')) return readTokenKey(text, profile);
  if (text.delivery !== 'pkcs12' || !profile.deliveries.includes('server')) {
    return [{ rule: text.delivery === '' ? 'fieldMissing' : 'fieldInvalid', field: 'delivery' }];
  }
  const algorithm = keyAlgorithms.find(name => name === text.keyAlgorithm && profile.keys.includes(name));
  if (algorithm === undefined) return [{ rule: 'keyUnacceptable', field: 'keyAlgorithm' }];
  if (sealTo === 'beforeSealTo') return { from: 'server', algorithm, sealTo: '00'.repeat(32) };
  if (!/^[0-9a-f]{64}$/.test(text.sealTo)) {
    return [{ rule: text.sealTo === '' ? 'fieldMissing' : 'fieldInvalid', field: 'sealTo' }];
  }
  return { from: 'server', algorithm, sealTo: text.sealTo };
}

/** Officers say later which token it will be. */
function readTokenKey({ keyAlgorithm }: FormText, { keys }: CertificateProfile): SubjectKey | readonly FieldMistake[] {
  const algorithm = tokenAlgorithms.find(name => name === keyAlgorithm && keys.includes(name));
  if (algorithm === undefined) return [{ rule: 'keyNotOnTokens', field: 'keyAlgorithm' }];
  return { from: 'station', station: '', tokenSerial: '', algorithm };
}

function readCsr(pem: string, ground: RequestGround): SubjectKey | readonly FieldMistake[] {
  const field = 'certificationRequest';
  if (pem === '') return [{ rule: 'fieldMissing', field }];
  if (pem.length > mostCsrCharacters) return [{ rule: 'csrMalformed', field }];
  try {
    const request = readCertificationRequest(pem);
    checkCertificationRequest(request, ground);
    return {
      from: 'csr',
      subjectPublicKeyInfo: Buffer.from(request.subjectPublicKeyInfo).toString('hex'),
      certificationRequest: Buffer.from(request.der).toString('hex'),
    };
  } catch (error) {
    return [mistakeOf(error, field)];
  }
}
