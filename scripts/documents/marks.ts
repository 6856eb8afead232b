/** Marked spans of a document, filled from the place that the mark names: `<!--= crl.nextUpdateAfter -->72 hours<!--/-->`. */

export const languages = ['ja', 'en'] as const;
export type Language = (typeof languages)[number];

/** What stands between the marks, by the words of the opening mark; undefined where nothing is called that. */
export type Facts = (name: string, language: Language) => string | undefined;

export interface Filled {
  readonly text: string;
  /** Names that no fact has, and marks that are not closed. */
  readonly mistakes: readonly string[];
}

const span = /<!--= (.+?) -->([\s\S]*?)<!--\/-->/g;

/** A fact of several lines (a table) stands in lines of its own; every other stands in its sentence. */
export function fillMarks(text: string, facts: Facts, language: Language): Filled {
  const mistakes: string[] = [];
  const filled = text.replace(span, (whole: string, name: string, old: string) => {
    if (old.includes('<!--= ')) mistakes.push(`${name}: is not closed`);
    const fact = facts(name, language);
    if (fact === undefined) mistakes.push(`${name}: nothing is called that`);
    else return `<!--= ${name} -->${fact.includes('\n') ? `\n\n${fact}\n\n` : fact}<!--/-->`;
    return whole;
  });
  const openings = text.split('<!--= ').length - 1;
  const closings = text.split('<!--/-->').length - 1;
  if (openings !== closings) mistakes.push(`${openings} marks open and ${closings} close`);
  return { text: filled, mistakes };
}

/** The names of all marks, in order. */
export function markedNames(text: string): string[] {
  return [...text.matchAll(span)].map(([, name = '']) => name);
}

/** Rows of cells as a table; `|` is escaped. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = rows.map(row => row.map(cell => cell.replaceAll('|', '\\|')));
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rest.map(line)].join('\n');
}
