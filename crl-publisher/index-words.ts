/** What the page for people says, in both languages. */
export const languages = ['ja', 'en'] as const;
export type Language = (typeof languages)[number];

const ja = {
  title: '失効リストと認証局証明書',
  intro: 'この認証局が公開しているファイルです。失効リストは、証明書が失効するとすぐに新しくなります。',
  zone: '時刻は日本標準時です。',
  otherLanguage: 'English',
  certificates: '認証局証明書',
  crls: '失効リスト（CRL）',
  file: 'ファイル',
  size: '大きさ',
  issued: '発行',
  age: '経過',
  until: '有効期限',
  over: '期限切れ',
  chain: '証明書チェーン（全部）',
  cross: '相互認証証明書。以前のルートだけを信頼する方のために',
  complete: '全体',
  delta: '差分',
  part: '区分',
  days: '日',
  hours: '時間',
  minutes: '分',
  seconds: '秒',
};

export type PageWords = Readonly<typeof ja>;

const en: PageWords = {
  title: 'CRLs and CA certificates',
  intro: 'The files that this certification authority publishes. CRLs are renewed as soon as a certificate is revoked.',
  zone: 'Times are UTC.',
  otherLanguage: '日本語',
  certificates: 'CA certificates',
  crls: 'Certificate revocation lists',
  file: 'File',
  size: 'Size',
  issued: 'Issued',
  age: 'Age',
  until: 'Good until',
  over: 'over',
  chain: 'Chain (all of them)',
  cross: 'cross certificate, for whoever trusts only the earlier root',
  complete: 'complete',
  delta: 'delta',
  part: 'part',
  days: 'd',
  hours: 'h',
  minutes: 'min',
  seconds: 's',
};

export const words: Readonly<Record<Language, PageWords>> = { ja, en };

/** Seconds that the clocks of a page are ahead of UTC. */
export const zones: Readonly<Record<Language, number>> = { ja: 9 * 3_600, en: 0 };

/** What a reader asked for: `lang` in the address, or what the browser prefers; else Japanese. */
export function languageOf(asked: string | null, accepted: string | undefined): Language {
  const known = languages.find(language => language === asked);
  if (known !== undefined) return known;
  const preferred = (accepted ?? '').split(',').map(range => range.trim().slice(0, 2).toLowerCase());
  return preferred.flatMap(code => languages.find(language => language === code) ?? [])[0] ?? 'ja';
}
