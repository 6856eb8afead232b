/** What of a workbook must be known before its first sheet is read: where it lies, its strings, which formats are dates. */
import { posix } from 'node:path';
import { type Archive, unreadable } from './xlsx-archive.ts';
import { BrokenXml, readWholeXml, type XmlSink } from './xml-events.ts';
import { isDateFormat, isDateFormatId } from './xlsx-dates.ts';

export interface Workbook {
  readonly sheet: string;
  /** Path of the sheet's part. */
  readonly path: string;
  /** Days are counted from 1904 (once Excel for Mac). */
  readonly from1904: boolean;
  readonly strings: readonly string[];
  /** By the index of a cell's style. */
  readonly isDateStyle: readonly boolean[];
}

const mostStrings = 2_000_000;
/** Characters of all shared strings: they stand in memory together. */
const mostStringText = 32 * 2 ** 20;

/** Throws tableUnreadable. */
export async function readWorkbook(archive: Archive): Promise<Workbook> {
  try {
    const place = (await relations(archive, '')).find(({ type }) => type.endsWith('/officeDocument'))?.target;
    const path = place ?? 'xl/workbook.xml';
    const links = await relations(archive, path);
    const { sheets, from1904 } = await sheetsOf(archive, path);
    const sheet = sheets.find(({ isHidden }) => !isHidden);
    const target = links.find(({ id }) => id === sheet?.id)?.target;
    if (sheet === undefined || target === undefined) throw unreadable('no sheet');
    const partOf = (type: string): string | undefined => links.find(link => link.type.endsWith(type))?.target;
    return {
      sheet: sheet.name,
      path: target,
      from1904,
      strings: await stringsOf(archive, partOf('/sharedStrings')),
      isDateStyle: await dateStylesOf(archive, partOf('/styles')),
    };
  } catch (error) {
    throw error instanceof BrokenXml ? unreadable('XML') : error;
  }
}

interface Relation {
  readonly id: string;
  readonly type: string;
  /** From the archive's root. */
  readonly target: string;
}

async function relations(archive: Archive, of: string): Promise<readonly Relation[]> {
  const folder = posix.dirname(of);
  const found: Relation[] = [];
  const path = posix.join(folder, '_rels', `${posix.basename(of)}.rels`);
  await readPart(archive, path, {
    begin: (name, { Id: id = '', Type: type = '', Target: target = '', TargetMode: mode }) => {
      if (name !== 'Relationship' || mode === 'External') return;
      found.push({ id, type, target: target.startsWith('/') ? target.slice(1) : posix.join(folder, target) });
    },
  });
  return found;
}

interface Sheet {
  readonly name: string;
  /** Of its relation. */
  readonly id: string;
  readonly isHidden: boolean;
}

async function sheetsOf(archive: Archive, path: string): Promise<{ sheets: readonly Sheet[]; from1904: boolean }> {
  const sheets: Sheet[] = [];
  let from1904 = false;
  const isFound = await readPart(archive, path, {
    begin: (name, attributes) => {
      if (name === 'workbookPr') from1904 = ['1', 'true'].includes(attributes['date1904'] ?? '');
      if (name !== 'sheet') return;
      const id = Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1] ?? '';
      const isHidden = (attributes['state'] ?? 'visible') !== 'visible';
      sheets.push({ name: attributes['name'] ?? '', id, isHidden });
    },
  });
  if (!isFound) throw unreadable('no workbook');
  return { sheets, from1904 };
}

async function stringsOf(archive: Archive, path: string | undefined): Promise<readonly string[]> {
  const strings: string[] = [];
  const text = textGatherer('si', string => {
    strings.push(string);
    if (strings.length > mostStrings) throw unreadable('too many strings');
  });
  if (path !== undefined) await readPart(archive, path, text);
  return strings;
}

/**
 * The text of each `element`, runs put together and readings (rPh, the furigana that Excel keeps) left out. `gathered`
 * gets it when the element ends. Throws tableUnreadable when it grows too much.
 */
export function textGatherer(element: string, gathered: (text: string) => void): XmlSink {
  let all = 0;
  let text = '';
  let isText = false;
  let readings = 0;
  return {
    begin: name => {
      if (name === element) text = '';
      else if (name === 'rPh') readings += 1;
      else if (name === 't') isText = readings === 0;
    },
    text: piece => {
      if (!isText) return;
      all += piece.length;
      if (all > mostStringText) throw unreadable('too much text');
      text += piece;
    },
    end: name => {
      if (name === element) gathered(unescapeText(text));
      else if (name === 'rPh') readings -= 1;
      else if (name === 't') isText = false;
    },
  };
}

/** `_x000D_` stands for a character that XML cannot hold (ECMA-376 part 1 §22.4.2.4). */
export const unescapeText = (text: string): string =>
  text.includes('_x')
    ? text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    : text;

async function dateStylesOf(archive: Archive, path: string | undefined): Promise<readonly boolean[]> {
  const own = new Map<string, boolean>();
  const styles: boolean[] = [];
  let isCellFormats = false;
  if (path === undefined) return styles;
  await readPart(archive, path, {
    begin: (name, attributes) => {
      const id = attributes['numFmtId'] ?? '0';
      if (name === 'numFmt') own.set(id, isDateFormat(attributes['formatCode'] ?? ''));
      else if (name === 'cellXfs') isCellFormats = true;
      else if (name === 'xf' && isCellFormats) styles.push(own.get(id) ?? isDateFormatId(Number(id)));
    },
    end: name => {
      if (name === 'cellXfs') isCellFormats = false;
    },
  });
  return styles;
}

/** False where there is no such part. */
async function readPart(archive: Archive, path: string, sink: Partial<XmlSink>): Promise<boolean> {
  const part = await archive.open(path);
  if (part === null) return false;
  const nothing = (): void => undefined;
  await readWholeXml(part, { begin: nothing, text: nothing, end: nothing, ...sink });
  return true;
}
