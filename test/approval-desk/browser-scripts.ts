import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { projectRoot } from '../../ca-core/project-root.ts';

/** Compiles what the desk's pages run, or those of another `source`, into a folder, module by module. */
export function compileBrowserScripts(into: string, source = 'approval-desk/browser'): void {
  const folder = join(projectRoot, source);
  const compilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    rewriteRelativeImportExtensions: true,
  };
  for (const file of readdirSync(folder)) {
    const { outputText } = ts.transpileModule(readFileSync(join(folder, file), 'utf8'), { compilerOptions });
    writeFileSync(join(into, file.replace(/\.ts$/, '.js')), outputText);
  }
}
