import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { putNewFile } from '../keys/new-file.ts';

/**
 * A folder of small JSON files 000001.json, 000002.json …, each written once and never changed: a chain whose newest
 * link counts. Two writers of one number cannot both succeed.
 */
export interface NumberedFiles<Content> {
  readonly newest: () => { readonly number: number; readonly content: Content } | undefined;
  readonly find: (number: number) => Content | undefined;
  readonly add: (number: number, content: Content) => Promise<void>;
}

export async function openNumberedFiles<Content>(folder: string): Promise<NumberedFiles<Content>> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return {
    newest: () => {
      const number = Math.max(
        0,
        ...readdirSync(folder)
          .filter(isNumbered)
          .map(name => Number(name.slice(0, 6))),
      );
      if (number === 0) return undefined;
      return { number, content: readContent(fileOf(folder, number)) as Content };
    },
    find: number => (existsSync(fileOf(folder, number)) ? (readContent(fileOf(folder, number)) as Content) : undefined),
    add: (number, content) => putNewFile(fileOf(folder, number), JSON.stringify(content)),
  };
}

const readContent = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const isNumbered = (name: string): boolean => /^\d{6}\.json$/.test(name);
const fileOf = (folder: string, number: number): string => join(folder, `${String(number).padStart(6, '0')}.json`);
