/** Compiled modules for tests that start processes; `npm test` has compiled them, a single test run may have to. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../ca-core/project-root.ts';

const program = `
  import { ensureBuilt } from './scripts/bootstrap/build.mjs';
  import { alone } from './scripts/bootstrap/lock.mjs';
  await alone(ensureBuilt);
`;

/** The path of the compiled form of a source (`test/support/a.ts`), made anew where sources have changed. */
export function compiled(source: string): string {
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { cwd: projectRoot });
  const output = join(projectRoot, 'dist', source.replace(/\.ts$/, '.js'));
  if (!existsSync(output)) throw new Error(`${source} does not compile: ${stderr.toString()}`);
  return output;
}
