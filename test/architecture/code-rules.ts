import { basename } from 'node:path';
import ts from 'typescript';
import { isFree } from './import-rules.ts';
import { nodesOf, type Source } from './sources.ts';
import { emptyWords, forbiddenNameParts } from './table.ts';

/** `process.env` and `console` belong to composition: main.ts files and scripts. */
export function environmentBreaches(sources: readonly Source[]): string[] {
  return product(sources)
    .filter(({ path }) => basename(path) !== 'main.ts')
    .flatMap(source => found(source, node => isMember(node, 'process', 'env') || isIdentifierUse(node, 'console')));
}

/** The time comes from ca-core/clock.ts; a browser has no clock to be given. */
export function clockBreaches(sources: readonly Source[]): string[] {
  return product(sources)
    .filter(({ path }) => path !== 'ca-core/clock.ts' && !path.includes('/browser/'))
    .flatMap(source => found(source, readsTheTime));
}

/** A private key signs in one place. The keys folder makes keys that can; an HMAC is no signature. */
export function signingBreaches(sources: readonly Source[]): string[] {
  return product(sources)
    .filter(({ path }) => path !== 'ca-core/x509/signed.ts' && !path.startsWith('ca-core/keys/'))
    .flatMap(source => found(source, node => callsSign(node) || importsSign(node)));
}

/** A file is one noun or one verb: 250 lines at most. */
export function lengthBreaches(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => !path.startsWith('test/'))
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > 250)
    .map(({ path, lines }) => `${path}: ${lines} lines`);
}

/** No folder and no file is named by a word that says nothing. */
export function nameBreaches(sources: readonly Source[]): string[] {
  return product(sources).flatMap(({ path }) => {
    const folders = path.split('/').slice(0, -1);
    const parts = basename(path, '.ts').split(/[-.]/);
    const empty = [
      ...folders.filter(folder => emptyWords.includes(folder)),
      ...parts.filter(part => forbiddenNameParts.includes(part)),
    ];
    return empty.map(word => `${path}: "${word}" says nothing`);
  });
}

function product(sources: readonly Source[]): Source[] {
  return sources.filter(({ path }) => !isFree(path));
}

function found({ path, tree }: Source, matches: (node: ts.Node) => boolean): string[] {
  return nodesOf(tree)
    .filter(matches)
    .map(node => {
      const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
      return `${path}:${line + 1}: ${node.getText(tree).split('\n')[0]?.slice(0, 80) ?? ''}`;
    });
}

function isMember(node: ts.Node, object: string, name: string): boolean {
  return ts.isPropertyAccessExpression(node) && node.expression.getText() === object && node.name.text === name;
}

function isIdentifierUse(node: ts.Node, name: string): boolean {
  return ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === name;
}

function readsTheTime(node: ts.Node): boolean {
  if (isMember(node, 'Date', 'now')) return true;
  const isDate = (ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'Date';
  return isDate && (ts.isCallExpression(node) || (node.arguments?.length ?? 0) === 0);
}

function callsSign(node: ts.Node): boolean {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const { text } = node.expression.name;
  return (text === 'sign' && !isHmac(node.arguments[0])) || text === 'signAtOnce';
}

function isHmac(argument: ts.Node | undefined): boolean {
  return argument !== undefined && ts.isStringLiteral(argument) && argument.text === 'HMAC';
}

function importsSign(node: ts.Node): boolean {
  return ts.isImportSpecifier(node) && ['sign', 'createSign'].includes((node.propertyName ?? node.name).text);
}
