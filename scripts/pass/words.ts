/** What `kakuin-pass` says to the holder, in the language of the terminal. */
const en = {
  about: 'uses a JCAN Pass card: its certificates, their PKCS#12 files, and the certificate store of this machine',
  portal: 'address of the portal',
  folder: 'where the PKCS#12 files are kept',
  policies: 'the folder with cards.yaml',
  store: 'nss, windows or macos',
  nss: 'the folder of the NSS database; an application may have its own',
  pin: 'a file with the PIN that goes into the password; the same each time',
  list: 'show what the card opens, and make the PKCS#12 of what is new',
  install: 'put the certificates into the store',
  remove: 'take them out of the store',
  session: 'keep them in the store while the card lies on the reader',
  rewrap: 'put a certificate on a new card, from a PKCS#12 that you open',
  old: 'the PKCS#12 file',
  oldPassword: 'a file with its password',
  put: 'Put the card on the reader.',
  installed: 'In the store: {}',
  removed: 'Taken out of the store: {}',
  gone: 'The card is gone; its certificates were taken out of the store.',
  pass: '{}',
  elsewhere: '(its PKCS#12 is on another machine)',
} as const;

export type PassWord = keyof typeof en;
type Words = Readonly<Record<PassWord, string>>;

const ja: Words = {
  about: 'JCANパスのカードを使います：証明書、PKCS#12ファイル、この端末の証明書ストア',
  portal: 'ポータルのアドレス',
  folder: 'PKCS#12ファイルの置き場所',
  policies: 'cards.yamlのあるフォルダー',
  store: 'nss、windows、macosのどれか',
  nss: 'NSSデータベースのフォルダー（アプリケーション専用のものも可）',
  pin: 'パスワードに加えるPINを書いたファイル（毎回同じもの）',
  list: 'カードで開ける証明書を表示し、新しいものはPKCS#12を作ります',
  install: '証明書をストアに入れます',
  remove: '証明書をストアから取り出します',
  session: 'カードがリーダーにある間だけ証明書をストアに置きます',
  rewrap: '自分で開いたPKCS#12から、新しいカードへ証明書を移します',
  old: 'PKCS#12ファイル',
  oldPassword: 'そのパスワードを書いたファイル',
  put: 'カードをリーダーに置いてください。',
  installed: 'ストアに入れました：{}',
  removed: 'ストアから取り出しました：{}',
  gone: 'カードが離れたので、証明書をストアから取り出しました。',
  pass: '{}',
  elsewhere: '（PKCS#12は別の端末にあります）',
};

export const passWords = (locale: string): Words => (locale.startsWith('ja') ? ja : en);
