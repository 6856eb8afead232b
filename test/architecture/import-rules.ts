import ts from 'typescript';
import type { Import, Source } from './sources.ts';
import { freeFolders, isomorphic, kernel, table, type FolderRule } from './table.ts';

/** Breaches of the import table: files and folders. Packages outside the table are the adapters' rule. */
export function tableBreaches(sources: readonly Source[]): string[] {
  return sources.flatMap(source => {
    if (isFree(source.path)) return [];
    const rule = ruleOf(source.path);
    if (rule === undefined) return [`${source.path}: its folder is not in the table`];
    return source.imports.flatMap(lead => fileBreach(source, rule, lead));
  });
}

/** A package that the table does not give to a folder is imported by one file of one folder. */
export function adapterBreaches(sources: readonly Source[]): string[] {
  const importers = new Map<string, Set<string>>();
  for (const { path, imports } of sources.filter(source => !isFree(source.path))) {
    for (const { package: name } of imports) {
      if (name === undefined || ruleOf(path)?.packages.includes(name)) continue;
      importers.set(name, (importers.get(name) ?? new Set()).add(path));
    }
  }
  return [...importers]
    .filter(([, files]) => files.size > 1)
    .map(([name, files]) => `${name}: imported by ${[...files].join(', ')}; one of them should be its only door`);
}

/** Browser code and what it shares with Node. */
export function isomorphicBreaches(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => isomorphic.some(prefix => path.startsWith(prefix)))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier }) => specifier.startsWith('node:'))
        .map(({ specifier }) => `${path}: imports ${specifier}`),
    );
}

/** A file that only passes on what others export hides where things live. */
export function barrelBreaches(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path, tree }) => path !== 'ca-core/index.ts' && tree.statements.length > 0)
    .filter(({ tree }) => tree.statements.every(isPassedOn))
    .map(({ path }) => `${path}: only passes on what others export`);
}

function isPassedOn(statement: ts.Statement): boolean {
  return ts.isExportDeclaration(statement) || ts.isImportDeclaration(statement);
}

/** Import cycles, each once, type imports included. */
export function cycles(sources: readonly Source[]): string[] {
  const leads = new Map(sources.map(({ path, imports }) => [path, imports.flatMap(({ file }) => file ?? [])]));
  const found = new Set<string>();
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.add(cycleText(trail.slice(start)));
    if (start >= 0 || done.has(path)) return;
    for (const next of leads.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of leads.keys()) visit(path, []);
  return [...found];
}

export function isFree(path: string): boolean {
  return freeFolders.some(folder => path === folder || path.startsWith(`${folder}/`));
}

function ruleOf(path: string): FolderRule | undefined {
  const fitting = table.filter(({ folder }) => path.startsWith(`${folder}/`));
  return fitting.sort((a, b) => b.folder.length - a.folder.length)[0];
}

function fileBreach({ path }: Source, rule: FolderRule, { file }: Import): string[] {
  if (file === undefined || kernel.includes(file) || file.startsWith(`${rule.folder}/`)) return [];
  if (rule.files.some(allowed => file === allowed || (allowed.endsWith('/') && file.startsWith(allowed)))) return [];
  return [`${path}: ${rule.folder} may not import ${file}`];
}

/** Begins at the smallest name, so that the same cycle found from elsewhere is the same text. */
function cycleText(trail: readonly string[]): string {
  const first = trail.indexOf([...trail].sort()[0] ?? '');
  const turned = [...trail.slice(first), ...trail.slice(0, first)];
  return [...turned, turned[0]].join(' → ');
}
