import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { projectRoot } from '../../../ca-core/project-root.ts';

const folders = ['ra-portal/browser', 'ca-core/delivery'];
const files = ['ca-core/x509/der.ts', 'ca-core/errors.ts'];

/** Compiles what browsers load, as the build does but from the sources as they are now. */
export function compileScripts(into: string): void {
  const compilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    rewriteRelativeImportExtensions: true,
    verbatimModuleSyntax: true,
  };
  const found = folders.flatMap(folder => readdirSync(join(projectRoot, folder)).map(name => `${folder}/${name}`));
  for (const path of [...found, ...files]) {
    const { outputText } = ts.transpileModule(readFileSync(join(projectRoot, path), 'utf8'), { compilerOptions });
    const target = join(into, path.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText);
  }
}
