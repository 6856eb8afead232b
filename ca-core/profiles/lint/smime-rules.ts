/** The S/MIME Baseline Requirements 1.0.10, sponsor-validated, multipurpose: for profiles whose `rules` say smime-br. */
import { oids } from '../../x509/oids.ts';
import { mailboxForm } from './mailbox-form.ts';
import type { Reading } from './reading.ts';
import { findings, nothing, type CertificateRule, type Finding, type LintRule } from './rule.ts';

const reserved = '2.23.140.1.';

const rules: readonly CertificateRule[] = [
  {
    ...smime(
      'smimeMailbox',
      '§7.1.4.2.1',
      'Every mailbox in the subject stands in subjectAltName too, which holds one at least.',
    ),
    find: reading => {
      const names = reading.says.subjectAltName ?? [];
      const inSubject = [...textsOf(reading, oids.commonName), ...textsOf(reading, oids.emailAddress)].filter(
        isMailbox,
      );
      const missing = inSubject.filter(name => !names.includes(name));
      return names.length === 0 ? [{ field: 'subjectAltName' }] : findings('subject', missing);
    },
  },
  {
    ...smime('smimeOrganisation', '§7.1.4.2.5', 'The subject has one organizationName and one organizationIdentifier.'),
    find: reading => [
      ...(textsOf(reading, oids.organizationName).length === 1 ? nothing : [{ field: 'subject.O' }]),
      ...(textsOf(reading, oids.organizationIdentifier).length === 1
        ? nothing
        : [{ field: 'subject.organizationIdentifier' }]),
    ],
  },
  {
    ...smime(
      'smimeIdentifierForm',
      '§7.1.4.2.2, Appendix A',
      'organizationIdentifier is a registration scheme, a country and a number: NTRJP-….',
    ),
    find: reading =>
      findings(
        'subject.organizationIdentifier',
        textsOf(reading, oids.organizationIdentifier).filter(
          text => !/^(?:(?:NTR|VAT|PSD|GOV)[A-Z]{2}(?:\+[A-Z0-9]{1,3})?|INTXG|LEIXG)-.+$/.test(text),
        ),
      ),
  },
  {
    ...smime('smimeCountry', '§7.1.4.2.2', 'The country, where there is one, is that of the organizationIdentifier.'),
    find: reading => {
      const [identifier = ''] = textsOf(reading, oids.organizationIdentifier);
      const country = /^(?:NTR|VAT|PSD|GOV)([A-Z]{2})/.exec(identifier)?.[1];
      const others = textsOf(reading, oids.countryName).filter(text => text !== country);
      return country === undefined ? nothing : findings('subject.C', others);
    },
  },
  {
    ...smime('smimePerson', '§7.1.4.2.5', 'The subject has givenName and surname, or a pseudonym, not both.'),
    find: reading => {
      const [given, surname, pseudonym] = personOf(reading);
      const isNamed = given !== undefined && surname !== undefined;
      const isHalf = (given === undefined) !== (surname === undefined);
      return isNamed === (pseudonym === undefined) && !isHalf ? nothing : [{ field: 'subject' }];
    },
  },
  {
    ...smime('smimeCommonName', '§7.1.4.2.2', 'commonName is the name of the person, the pseudonym or a mailbox.'),
    find: reading => {
      const [given = '', surname = '', pseudonym] = personOf(reading);
      const allowed = [`${given} ${surname}`, `${surname} ${given}`, pseudonym];
      return findings(
        'subject.CN',
        textsOf(reading, oids.commonName).filter(text => !allowed.includes(text) && !isMailbox(text)),
      );
    },
  },
  {
    ...smime(
      'smimeOrganizationalUnit',
      '§7.1.4.2.2',
      'There is no organizationalUnitName: it could only hold the verified name of an affiliate.',
    ),
    find: reading => findings('subject.OU', textsOf(reading, oids.organizationalUnitName)),
  },
  {
    ...smime(
      'smimePolicy',
      '§7.1.6.1',
      "At most one of the Forum's reserved policies stands there, and only one for S/MIME.",
    ),
    find: ({ says }) => {
      const found = (says.certificatePolicies ?? []).map(({ oid }) => oid).filter(oid => oid.startsWith(reserved));
      const foreign = found.filter(oid => !oid.startsWith(`${reserved}5.`));
      return found.length > 1 ? findings('certificatePolicies', found) : findings('certificatePolicies', foreign);
    },
  },
  {
    ...smime(
      'smimeIssuerAddress',
      '§7.1.2.3',
      "authorityInformationAccess tells where the issuing CA's certificate is.",
    ),
    level: 'should',
    find: ({ says }) =>
      (says.authorityInfoAccess?.caIssuers.length ?? 0) > 0 ? nothing : [{ field: 'authorityInfoAccess' }],
  },
];

export const smimeRules: readonly CertificateRule[] = rules.map(onlyWhereAsked);

function smime(id: string, section: string, says: string): LintRule {
  return { id, source: `S/MIME BR ${section}`, level: 'must', says };
}

function onlyWhereAsked(rule: CertificateRule): CertificateRule {
  const find = (reading: Reading): readonly Finding[] =>
    reading.profile.rules.includes('smime-br') ? rule.find(reading) : nothing;
  return { ...rule, find };
}

function textsOf({ subject }: Reading, id: string): readonly string[] {
  return subject.flatMap(rdn => (rdn ?? []).flatMap(attribute => (attribute.id === id ? [attribute.text ?? ''] : [])));
}

function personOf(reading: Reading): readonly (string | undefined)[] {
  return [oids.givenName, oids.surname, oids.pseudonym].map(id => textsOf(reading, id)[0]);
}

const isMailbox = (text: string): boolean => mailboxForm.test(text);
