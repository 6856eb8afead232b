/** Certificates of which one thing is wrong: beside their profile, or because of a profile that no reader would have let in. */
import type { CertificateProfile } from '../../../ca-core/profiles/profile.ts';
import { explicit, integer, sequence, set, time, type Der } from '../../../ca-core/x509/der.ts';
import type { KeyUsage } from '../../../ca-core/x509/extensions.ts';
import { signatureAlgorithmDer } from '../../../ca-core/x509/signed.ts';
import { encodeTbsCertificate, type TbsCertificate } from '../../../ca-core/x509/tbs-certificate.ts';
import { profileOf } from '../../support/demo-case.ts';
import { good, ground, issuer, jcan, keys, madeWith, withExtension } from '../../support/lint-ground.ts';

/** One certificate, the profile it is made by and the ground it stands on. */
export interface Spoiled {
  readonly tbs: Der;
  readonly profile?: CertificateProfile;
  readonly at?: typeof ground;
}

export const person = profileOf('organisation-person');
export const underRoot = { ...ground, issuer: { ...issuer, subject: good(profileOf('root-ca')).subject } };

export const spoilt = (change: Partial<TbsCertificate>): Spoiled => ({ tbs: madeWith(change) });
export const spoiltExtension = (id: string, ...instead: Der[]): Spoiled => spoilt(withExtension(id, instead));

/** A profile made wrong on purpose, past the reader that would have refused it, and exactly what it makes. */
export function madeWrong(change: Partial<CertificateProfile>, base = jcan, key: Der = keys.ec): Spoiled {
  const profile = { ...base, ...change };
  const at = base.kind === 'issuingCa' ? underRoot : ground;
  return { tbs: encodeTbsCertificate(good(profile, key, at)), profile, at };
}

/** The same with a subject of one attribute of the profile's own choice. */
export function named(part: CertificateProfile['subject'][number], value: Der, alphabet = '[^]+'): Spoiled {
  const profile = { ...jcan, subject: [part], alphabets: { any: alphabet } };
  return { tbs: madeWith({ subject: sequence(set(value)) }, jcan), profile };
}

export const anyOf = (type: 'CN' | 'C' | 'E'): CertificateProfile['subject'][number] => ({
  type,
  from: 'romanName',
  prefix: '',
  alphabet: 'any',
  optional: false,
});

/** TBSCertificate from its parts, for what the writer would never write. */
export function fromParts(
  change: Partial<Record<'version' | 'serial' | 'algorithm' | 'validity' | 'extensions', Der>>,
): Spoiled {
  const tbs = good(jcan);
  return {
    tbs: sequence(
      change.version ?? explicit(0, integer(2)),
      change.serial ?? integer(2n ** 100n),
      change.algorithm ?? signatureAlgorithmDer('ecdsa-with-SHA384'),
      tbs.issuer,
      change.validity ?? sequence(time(tbs.notBefore), time(tbs.notAfter)),
      tbs.subject,
      tbs.subjectPublicKeyInfo,
      change.extensions ?? explicit(3, sequence(...tbs.extensions)),
    ),
  };
}

/** A person's certificate under the S/MIME BR, its subject made of these parts. */
export function mailCertificate(
  change: Partial<Record<'C' | 'O' | 'id' | 'given' | 'surname' | 'cn', string | null>> & { ou?: string },
): Spoiled {
  const texts = {
    C: 'JP',
    O: 'Kakuu',
    id: 'NTRJP-7999901000001',
    given: 'Hanako',
    surname: 'Kakuno',
    cn: 'Kakuno Hanako',
    ...change,
  };
  const parts: [CertificateProfile['subject'][number]['type'], string | null | undefined][] = [
    ['C', texts.C],
    ['O', texts.O],
    ['organizationIdentifier', texts.id],
    ['OU', texts.ou],
    ['givenName', texts.given],
    ['surname', texts.surname],
    ['CN', texts.cn],
  ];
  const subject = parts.flatMap(([type, value]) => (value == null ? [] : [{ type, value }]));
  return madeWrong({ subject }, person);
}

export const keyUsageOf = (family: 'rsa' | 'ec', ...usages: KeyUsage[]): Partial<CertificateProfile> => ({
  keyUsage: { ...jcan.keyUsage, [family]: usages },
});
