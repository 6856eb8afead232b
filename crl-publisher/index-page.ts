/** The page for a person who opens the address by hand: what there is and how old it is. */
import type { UnixTime } from '../ca-core/clock.ts';
import { words, zones, type Language, type PageWords } from './index-words.ts';
import type { PublicFile } from './public-files.ts';

type FileAt = readonly [path: string, file: PublicFile];

/** Where and for whom the page is. */
export interface Reader {
  readonly language: Language;
  readonly now: UnixTime;
}

const style = `
:root { color: #1a1a1c; font: 16px/1.7 "Noto Sans JP", "Noto Sans CJK JP", sans-serif; }
body { margin: 2rem auto; max-width: 64rem; padding: 0 1rem; }
header { align-items: baseline; display: flex; flex-wrap: wrap; gap: 0 1rem; justify-content: space-between; }
h1 { font-size: 1.75rem; line-height: 1.4; margin: 0; }
h2 { font-size: 1.25rem; margin: 2rem 0 0.5rem; }
a { color: #0017c1; overflow-wrap: anywhere; text-underline-offset: 0.2em; }
a:focus-visible { background: #ffd43d; outline: 0.25rem solid #000; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #b4b4b4; padding: 0.5rem; text-align: left; vertical-align: top; }
thead th { font-size: 0.875rem; white-space: nowrap; }
tbody th { font-weight: normal; width: 40%; }
td { white-space: nowrap; }
.forms { display: block; font-size: 0.875rem; }
.forms a { margin-right: 0.75rem; }
.over { color: #a30000; font-weight: bold; }
@media (max-width: 48rem) {
  thead { display: none; }
  tbody th, tbody td { border: 0; display: block; padding: 0.125rem 0; width: auto; }
  tbody tr { border-bottom: 1px solid #b4b4b4; display: block; padding: 0.75rem 0; }
  td::before { color: #595959; content: attr(data-of) " "; display: inline-block; min-width: 6.5rem; }
}`;

export function indexPage(files: Iterable<FileAt>, { language, now }: Reader): string {
  const say = words[language];
  const all = [...files].sort(([one], [other]) => one.localeCompare(other, 'en', { numeric: true }));
  const other = language === 'ja' ? 'en' : 'ja';
  const sections = (['ca', 'crl'] as const).map(folder => {
    const own = all.filter(([path]) => path.startsWith(`${folder}/`) && path !== 'ca/chain.pem');
    const rows = own.map(([path, file]) => rowOf(path, file, { say, all, now, language })).join('\n');
    return own.length === 0 ? '' : tableOf(folder === 'ca' ? say.certificates : say.crls, rows, say);
  });
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${say.title}</title>
<style>${style}
</style>
</head>
<body>
<header>
<h1>${say.title}</h1>
<a href="?lang=${other}" lang="${other}" hreflang="${other}">${say.otherLanguage}</a>
</header>
<main>
<p>${say.intro} ${say.zone}</p>
${sections.join('\n')}
</main>
</body>
</html>
`;
}

function tableOf(heading: string, rows: string, say: PageWords): string {
  const titles = [say.file, say.size, say.issued, say.age, say.until];
  return `<h2>${heading}</h2>
<table>
<thead><tr>${titles.map(title => `<th scope="col">${title}</th>`).join('')}</tr></thead>
<tbody>
${rows}
</tbody>
</table>`;
}

interface RowGround extends Reader {
  readonly say: PageWords;
  readonly all: readonly FileAt[];
}

function rowOf(path: string, file: PublicFile, { say, all, now, language }: RowGround): string {
  const { since, until, bytes } = file;
  const zone = zones[language];
  const over = until <= now ? ` <span class="over">${say.over}</span>` : '';
  const cells = [
    [say.size, sizeOf(bytes.length)],
    [say.issued, timeOf(since, zone)],
    [say.age, ageOf(now - since, say)],
    [say.until, `${timeOf(until, zone)}${over}`],
  ];
  const told = cells.map(([title, text]) => `<td data-of="${title ?? ''}">${text ?? ''}</td>`).join('');
  return `<tr><th scope="row">${escapeHtml(nameOf(path, say, all))}${formsOf(path)}</th>${told}</tr>`;
}

/** What a file is: whose, and which part of it. A list that is the only one of its CA is complete. */
function nameOf(path: string, say: PageWords, all: readonly FileAt[]): string {
  if (path.startsWith('ca/chain.')) return say.chain;
  const [folder = '', name = '', list] = path.replace(/\.[a-z0-9]+$/, '').split('/');
  if (folder !== 'crl') return name.startsWith('cross-') ? `${name}: ${say.cross}` : name;
  if (list === undefined) return `${name}: ${say.complete}`;
  const isDivided = all.some(([other]) => other === `crl/${name}/all.crl`);
  const part = list === 'all' || !isDivided ? say.complete : `${say.part} ${list.replace(/-delta$/, '')}`;
  return `${name}: ${list.endsWith('-delta') ? `${isDivided ? `${part}, ` : ''}${say.delta}` : part}`;
}

function formsOf(path: string): string {
  const forms = [path, path.replace(/\.[a-z0-9]+$/, '.pem')];
  const links = forms.map(form => `<a href="${escapeHtml(`/${form}`)}">${escapeHtml(`/${form}`)}</a>`);
  return `<span class="forms">${links.join(' ')}</span>`;
}

function sizeOf(octets: number): string {
  return octets < 10_000
    ? `${octets} B`
    : octets < 10_000_000
      ? `${Math.round(octets / 1e3)} kB`
      : `${Math.round(octets / 1e6)} MB`;
}

function timeOf(time: UnixTime, zone: number): string {
  const local = new Date((time + zone) * 1000).toISOString().slice(0, 16).replace('T', ' ');
  return `<time datetime="${new Date(time * 1000).toISOString()}">${local}</time>`;
}

const units = [
  { seconds: 86_400, word: 'days' },
  { seconds: 3_600, word: 'hours' },
  { seconds: 60, word: 'minutes' },
] as const;

function ageOf(seconds: number, say: PageWords): string {
  const { seconds: length, word } = units.find(unit => seconds >= unit.seconds) ?? { seconds: 1, word: 'seconds' };
  return `${Math.floor(Math.max(0, seconds) / length)} ${say[word]}`;
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
