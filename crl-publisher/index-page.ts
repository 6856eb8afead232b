/** The page for a person who opens the address by hand: what there is and how old it is, in both languages. */
import type { UnixTime } from '../ca-core/clock.ts';
import type { PublicFile } from './public-files.ts';

export function indexPage(published: Iterable<readonly [string, PublicFile]>, now: UnixTime): string {
  const files = [...published];
  const rows = files.sort(([one], [other]) => (one < other ? -1 : 1)).map(([path, file]) => rowOf(path, file, now));
  return `<!doctype html>
<html lang="ja">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>失効リストと認証局証明書 / CRLs and CA certificates</title>
<style>
body { font-family: "Noto Sans JP", sans-serif; margin: 2rem auto; max-width: 56rem; padding: 0 1rem; line-height: 1.7; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #b4b4b4; padding: 0.5rem; text-align: left; vertical-align: top; }
</style>
</head>
<body>
<main>
<h1>失効リストと認証局証明書 <span lang="en">/ CRLs and CA certificates</span></h1>
<p>この認証局が公開しているファイルです。失効リストは、証明書が失効すると新しくなります。</p>
<p lang="en">The files that this certification authority publishes. CRLs are renewed whenever a certificate is revoked.</p>
${files.some(([path]) => path.startsWith('ca/cross-')) ? aboutCrosses : ''}<table>
<thead><tr><th scope="col">ファイル <span lang="en">/ File</span></th><th scope="col">発行 <span lang="en">/ Issued</span></th><th scope="col">経過 <span lang="en">/ Age</span></th><th scope="col">有効期限 <span lang="en">/ Good until</span></th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</main>
</body>
</html>
`;
}

/** Names of cross certificates begin with `cross-`. */
const aboutCrosses = `<p>名前が cross- で始まるファイルは相互認証証明書です。以前のルート認証局だけを信頼している方が、新しいルート認証局の証明書を検証するために使います。</p>
<p lang="en">Files whose names begin with cross- are cross certificates: whoever trusts only the earlier root CA verifies the certificates of the newer one with them.</p>
`;

function rowOf(path: string, { since, until }: PublicFile, now: UnixTime): string {
  const href = escapeHtml(`/${path}`);
  return `<tr><td><a href="${href}">${href}</a></td><td>${timeOf(since)}</td><td>${ageOf(now - since)}</td><td>${timeOf(until)}</td></tr>`;
}

/** Japanese time, which everyone who reads this page can convert. */
function timeOf(time: UnixTime): string {
  const japanese = new Date((time + 9 * 3600) * 1000).toISOString().slice(0, 16).replace('T', ' ');
  return `<time datetime="${new Date(time * 1000).toISOString()}">${japanese} JST</time>`;
}

const units = [
  { seconds: 86_400, ja: '日', en: 'd' },
  { seconds: 3_600, ja: '時間', en: 'h' },
  { seconds: 60, ja: '分', en: 'min' },
] as const;

function ageOf(seconds: number): string {
  const unit = units.find(one => seconds >= one.seconds) ?? { seconds: 1, ja: '秒', en: 's' };
  const count = Math.floor(Math.max(0, seconds) / unit.seconds);
  return `${count} ${unit.ja} <span lang="en">/ ${count} ${unit.en}</span>`;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => escapes[character] ?? '');
}
