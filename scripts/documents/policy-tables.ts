/** Tables of the CP/CPS, made of the profiles and of what counts as evidence. */
import { oids, type CertificateProfile, type Policies } from '../../ca-core/index.ts';
import { tableText, type Language } from './marks.ts';
import { secondsText } from './policy-facts.ts';

type Row = readonly string[];
type Table = (policies: Policies, language: Language) => string;

export const policyTables: Readonly<Record<string, Table>> = {
  profiles: (policies, language) =>
    of(language, {
      ja: ['プロファイル', '証明書ポリシOID', '有効期間', '鍵', '拡張鍵用途'],
      en: ['profile', 'policy OID', 'validity', 'keys', 'extended key usage'],
      rows: all(policies).map(profile => [
        `${profile.title[language]} (\`${profile.name}\`)`,
        listed(profile.certificatePolicies.map(({ oid }) => oid)),
        language === 'ja' ? `${profile.validityDays}日` : `${profile.validityDays} days`,
        listed(profile.keys),
        listed(profile.extendedKeyUsage),
      ]),
    }),
  extensions: (policies, language) =>
    of(language, {
      ja: [
        'プロファイル',
        '鍵用途（RSA）',
        '鍵用途（EC）',
        'basicConstraints',
        'subjectAltName',
        'AIA',
        'CDP',
        'その他',
      ],
      en: ['profile', 'key usage (RSA)', 'key usage (EC)', 'basicConstraints', 'subjectAltName', 'AIA', 'CDP', 'other'],
      rows: all(policies).map(profile => [
        `\`${profile.name}\``,
        listed(profile.keyUsage.rsa),
        listed(profile.keyUsage.ec),
        constraintsOf(profile),
        profile.subjectAltName === null ? '–' : 'rfc822Name',
        listed(profile.authorityInfoAccess),
        profile.crlDistributionPoint ? 'HTTP' : '–',
        listed([
          ...(profile.freshestCrl ? ['freshestCRL'] : []),
          ...(profile.ocspNocheck ? ['id-pkix-ocsp-nocheck'] : []),
        ]),
      ]),
    }),
  names: (policies, language) =>
    of(language, {
      ja: ['プロファイル', '主体者名（符号化の順）'],
      en: ['profile', 'subject (in the encoded order)'],
      rows: all(policies).map(({ name, subject }) => [`\`${name}\``, subject.map(partText).join(', ')]),
    }),
  evidence: (policies, language) =>
    of(language, {
      ja: ['プロファイル', 'メールアドレス', '本人', '所属', 'メールドメイン', '部署・役職', '資格', '登録簿'],
      en: ['profile', 'mailbox', 'identity', 'affiliation', 'mail domain', 'role', 'licence', 'registers'],
      rows: subscribers(policies).map(({ name, checks, registers }) => [
        `\`${name}\``,
        ...(['mailbox', 'identity', 'affiliation', 'mailDomain', 'role', 'licence'] as const).map(proof => {
          const days = checks?.[proof]?.maxAgeDays;
          return days === undefined ? '–' : String(days);
        }),
        listed(registers),
      ]),
    }),
  documents: ({ identity }, language) =>
    of(language, {
      ja: ['書類', '示すもの', '区分', '番号の記録', '確認の方法'],
      en: ['document', 'proves', 'rank', 'number', 'seen'],
      rows: identity.documents.map(document => [
        document.title[language],
        wordOf(proves, document.proves, language),
        document.rank === null ? '–' : wordOf(ranks, document.rank, language),
        wordOf(numbers, document.number, language),
        listed(document.methods.map(id => identity.methods.find(method => method.id === id)?.title[language] ?? id)),
      ]),
    }),
  retention: ({ retention }, language) =>
    of(language, {
      ja: ['種類', '保存期間', '起算点'],
      en: ['class', 'kept for', 'counted from'],
      rows: Object.values(retention.classes).map(({ title, keep, from }) => [
        title[language],
        secondsText(keep, language),
        wordOf(beginnings, from, language),
      ]),
    }),
  keptForGood: ({ retention }, language) => retention.keptForGood.map(one => `* ${one[language]}`).join('\n'),
  algorithms: (_, language) =>
    of(language, {
      ja: ['アルゴリズム', 'OID'],
      en: ['algorithm', 'OID'],
      rows: algorithms.map(name => [name, oids[name]]),
    }),
  methods: ({ identity }, language) =>
    of(language, {
      ja: ['方法', '記録する者', '受け付ける期間'],
      en: ['method', 'recorded by', 'accepted'],
      rows: identity.methods.map(method => [
        method.title[language],
        listed(method.recordedBy.map(by => wordOf(recorders, by, language))),
        `${method.acceptedFrom ?? ''} – ${method.acceptedUntil ?? ''}`,
      ]),
    }),
};

const beginnings: Words = {
  certificateEnd: { ja: '証明書の終わり', en: "the certificate's end" },
  lastChange: { ja: '最後の変更', en: 'the last change' },
  decision: { ja: '判断', en: 'the decision' },
  closing: { ja: '対応の終了', en: 'the closing' },
  sending: { ja: '送信', en: 'sending' },
  lastSeen: { ja: '最後の使用', en: 'the last use' },
};

const algorithms = [
  ...(['ecdsa-with-SHA256', 'ecdsa-with-SHA384', 'sha256WithRSAEncryption', 'sha384WithRSAEncryption'] as const),
  ...(['ed25519', 'ecPublicKey', 'secp256r1', 'secp384r1', 'rsaEncryption'] as const),
];

type Words = Readonly<Record<string, Readonly<Record<Language, string>>>>;

const proves: Words = {
  identity: { ja: '本人', en: 'identity' },
  affiliation: { ja: '所属', en: 'affiliation' },
  mailbox: { ja: 'メールアドレス', en: 'mailbox' },
  mailDomain: { ja: 'メールドメイン', en: 'mail domain' },
  role: { ja: '部署・役職', en: 'role' },
  licence: { ja: '資格', en: 'licence' },
};

const ranks: Words = { primary: { ja: '主', en: 'primary' }, secondary: { ja: '従', en: 'secondary' } };

const numbers: Words = {
  kept: { ja: '記録する', en: 'kept' },
  masked: { ja: '伏せて記録する', en: 'masked' },
  never: { ja: '記録しない', en: 'never kept' },
  mailbox: { ja: 'メールアドレス', en: 'the mailbox' },
  domain: { ja: 'ドメイン', en: 'the domain' },
  role: { ja: '部署・役職', en: 'the role' },
  licence: { ja: '登録番号', en: 'the licence' },
};

const recorders: Words = {
  officer: { ja: '審査員', en: 'officer' },
  lra: { ja: 'LRA', en: 'LRA' },
  platform: { ja: 'システム', en: 'platform' },
} satisfies Record<'officer' | 'lra' | 'platform', object>;

const wordOf = (words: Words, name: string, language: Language): string => words[name]?.[language] ?? name;

function of(language: Language, table: { readonly ja: Row; readonly en: Row; readonly rows: readonly Row[] }): string {
  return tableText([table[language], ...table.rows]);
}

const all = ({ profiles }: Policies): CertificateProfile[] => [...profiles.values()];
const subscribers = (policies: Policies): CertificateProfile[] =>
  all(policies).filter(({ kind }) => kind === 'subscriber');
const listed = (words: readonly string[]): string => (words.length === 0 ? '–' : words.join(', '));

function constraintsOf({ basicConstraints }: CertificateProfile): string {
  if (basicConstraints === null) return '–';
  return basicConstraints.pathLength === null ? 'CA' : `CA, pathLen ${basicConstraints.pathLength}`;
}

function partText(part: CertificateProfile['subject'][number]): string {
  if ('value' in part) return `${part.type}=${part.value}`;
  return `${part.type}=${part.prefix}‹${part.from}›${part.optional ? '?' : ''}`;
}
