import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { projectRoot } from '../../ca-core/project-root.ts';

/** One import or re-export, type imports included. `file` is set when it leads inside the repository. */
export interface Import {
  readonly specifier: string;
  readonly file: string | undefined;
  /** Name of the package, when it leads to one; `node:` modules are neither file nor package. */
  readonly package: string | undefined;
}

export interface Source {
  /** Relative to the repository, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

const notSources = new Set(['node_modules', 'dist', 'var', '.git']);

/** Every TypeScript file of the repository. */
export function readSources(): Source[] {
  return tsFilesIn('').map(path => sourceOf(path, readFileSync(join(projectRoot, path), 'utf8')));
}

/** A file as the rules see it; tests give rules files of their own. */
export function sourceOf(path: string, text: string): Source {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  return { path, text, tree, imports: importsOf(path, tree) };
}

/** All nodes of a file, depth first. */
export function nodesOf(tree: ts.Node): ts.Node[] {
  const nodes: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    nodes.push(node);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return nodes;
}

function tsFilesIn(folder: string): string[] {
  return readdirSync(join(projectRoot, folder), { withFileTypes: true }).flatMap(entry => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return notSources.has(entry.name) ? [] : tsFilesIn(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

function importsOf(path: string, tree: ts.SourceFile): Import[] {
  return nodesOf(tree).flatMap(node => {
    const specifier = specifierOf(node);
    return specifier === undefined ? [] : [leadOf(path, specifier)];
  });
}

/** `import … from`, `export … from`, `import('…')` as expression and as type. */
function specifierOf(node: ts.Node): string | undefined {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined) {
    return ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : undefined;
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return textOf(node.argument.literal);
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return textOf(node.arguments[0]);
  return undefined;
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteral(node) ? node.text : undefined;
}

function leadOf(path: string, specifier: string): Import {
  const isFile = specifier.startsWith('.');
  const isPackage = !isFile && !specifier.startsWith('node:') && !specifier.startsWith('/');
  return {
    specifier,
    file: isFile ? posix.join(posix.dirname(path), specifier) : undefined,
    package: isPackage ? packageOf(specifier) : undefined,
  };
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
