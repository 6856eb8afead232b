/** An application's fields as the form has them: for a correction, and for a new application like it. */
import { randomBytes } from 'node:crypto';
import type { CertificateApplication } from '../applications/application.ts';
import { formTextOf, withNameParts, type FormText } from '../applications/form-text.ts';
import { fitting } from '../applications/steps.ts';
import type { PortalParts } from '../parts.ts';

/** A claim in the fields of the pages. */
export function fieldsOf({ claim, profile }: Pick<CertificateApplication, 'claim' | 'profile'>): FormText {
  const [, licenceKind = '', licenceNumber = ''] = /^([A-Z0-9]+-)(.+)$/.exec(claim.licence ?? '') ?? [];
  return withNameParts(formTextOf({ profile, ...claim, licenceKind, licenceNumber }));
}

/**
 * For a new application with the same checks: everything is shown again, and whoever brings their own key makes
 * another. A kind of certificate that is not made any more is left open.
 */
export function preFilled(parts: Pick<PortalParts, 'policies'>, former: CertificateApplication): FormText {
  const found = parts.policies.profiles.get(former.profile);
  const profile = found?.kind === 'subscriber' ? found : undefined;
  const { subjectKey } = former;
  const wished = subjectKey.from === 'csr' ? undefined : subjectKey.algorithm;
  return fitting(parts, {
    ...fieldsOf(former),
    ...noWholes,
    profile: profile?.name ?? '',
    delivery: deliveryOf[subjectKey.from],
    keyAlgorithm: profile?.keys.find(algorithm => algorithm === wished) ?? profile?.keys[0] ?? '',
    submissionId: randomBytes(16).toString('hex'),
  });
}

const deliveryOf = { server: 'pkcs12', csr: 'csr', station: 'token' } as const;

/** The pages ask for names in their parts; a whole one beside them would count for more than what is typed. */
const noWholes = { kanjiName: '', kanaName: '', romanName: '', licence: '' };
