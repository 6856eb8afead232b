/** A home whose issuing CA has an RSA-2048 key, as CAs made long ago have: the ceremony makes no such CA any more. */
import { join } from 'node:path';
import { installStep } from '../../ca-core/ceremony/install.ts';
import { caProfile } from '../../ca-core/ceremony/ca-profile.ts';
import { urlsUnder, type RootAuthority } from '../../ca-core/ceremony/root-authority.ts';
import { crlStep, requestStep, rootStep, type CeremonyGround } from '../../ca-core/ceremony/steps.ts';
import type { Store } from '../../ca-core/index.ts';
import { certificateExtensions } from '../../ca-core/profiles/extensions-of.ts';
import type { Der } from '../../ca-core/x509/der.ts';
import { encodeName } from '../../ca-core/x509/name.ts';
import { keyIdentifier } from '../../ca-core/x509/public-key.ts';
import { signed } from '../../ca-core/x509/signed.ts';
import { encodeTbsCertificate } from '../../ca-core/x509/tbs-certificate.ts';
import { groundOf, passphraseIn, responderKey, rootPassphrase, unattended } from '../ceremony.ts';
import { settingOf, type Settings } from '../settings.ts';

/** In place of npm start's ceremony; the key is made where KAKUIN_CA_KEYS says. */
export async function installOldCa(settings: Settings, store: Store): Promise<readonly string[]> {
  const planFile = join(settingOf(settings, 'KAKUIN_POLICIES'), 'ceremony.yaml');
  const planned = groundOf(settings, { planFile, part: 'all', confirm: unattended(() => undefined) });
  const issuing = { ...planned.plan.issuing, algorithm: 'rsa-2048' as const };
  const ground: CeremonyGround = { ...planned, plan: { ...planned.plan, issuing } };
  const authority = await rootStep(ground, rootPassphrase(ground));
  try {
    const { publicKey } = await requestStep(ground, passphraseIn(settingOf(settings, 'KAKUIN_PASSPHRASE_FILE')));
    await installStep(ground, {
      root: authority.certificate.der,
      issuing: await certified(ground, authority, publicKey),
      rootCrl: (await crlStep(ground.transcript, authority)).crl,
      issuingKey: publicKey,
      signerPublicKey: await responderKey(settings, ground, store),
      store,
      keepSecrets: () => undefined,
    });
  } finally {
    await authority.close();
  }
  return [];
}

/** By the root, without the lint that refuses such a key. */
function certified(
  { plan, policies, crlUrl, clock }: CeremonyGround,
  { key, certificate }: RootAuthority,
  subjectPublicKeyInfo: Der,
): Promise<Der> {
  const tbs = encodeTbsCertificate({
    serialNumber: '4b616b75696e',
    signatureAlgorithm: key.algorithm,
    issuer: certificate.subject,
    subject: encodeName(plan.issuing.subject),
    notBefore: clock.now(),
    notAfter: clock.now() + 3650 * 86_400,
    subjectPublicKeyInfo,
    extensions: certificateExtensions(caProfile(policies, 'issuingCa'), {
      subjectPublicKeyInfo,
      issuerKeyIdentifier: keyIdentifier(key.publicKey),
      subjectAltName: null,
      urls: urlsUnder(crlUrl, plan.root.name),
    }),
  });
  return signed(tbs, key);
}
