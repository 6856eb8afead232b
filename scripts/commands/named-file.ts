/** Files that were named on the command line: one that leads nowhere is a mistake in what was typed. */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { wrongUsage } from './command.ts';

/** Throws wrongUsage where it is no file, or one that this account may not read; so does everything here. */
export const octetsIn = (file: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(readable(file)));

/** The same as text in UTF-8. */
export const textIn = (file: string): string => readFileSync(readable(file), 'utf8');

/** An operator's secret. */
export const secretIn = (file: string): string => textIn(file).trim();

/** The path itself, when it is one of a file that can be read. */
export function readable(file: string): string {
  if (isFolder(file)) throw wrongUsage(`${file} is a folder; name a file in it.`);
  return existing(file);
}

/** The path itself, when it is one of a folder. */
export function folderAt(path: string): string {
  if (isFolder(path)) return existing(path);
  throw wrongUsage(isFolder(path) === undefined ? `There is no folder ${path}.` : `${path} is no folder.`);
}

/** The path itself, when a folder is there or can be made. */
export function folderToBe(path: string): string {
  return isFolder(path) === undefined ? path : folderAt(path);
}

function existing(path: string): string {
  if (isFolder(path) === undefined) throw wrongUsage(`There is no file ${path}.`);
  try {
    accessSync(path, constants.R_OK);
    return path;
  } catch {
    throw wrongUsage(`${path} may not be read by this account.`);
  }
}

/** Undefined where there is nothing, or nothing that can be looked at. */
function isFolder(path: string): boolean | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory();
  } catch {
    return undefined;
  }
}
