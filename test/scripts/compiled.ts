import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../ca-core/project-root.ts';

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Compiles what has changed; a type error is the type check's to report. */
export function buildChanged(): void {
  const code = "import('./scripts/bootstrap/build.mjs').then(({ ensureBuilt }) => ensureBuilt()).catch(() => {})";
  spawnSync(process.execPath, ['-e', code], { cwd: projectRoot });
}

/** Runs a compiled script to its end. */
export function runScript(script: string, words: readonly string[], environment: Record<string, string> = {}): Outcome {
  return spawnSync(process.execPath, [join('dist', 'scripts', script), ...words], {
    cwd: projectRoot,
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    timeout: 170_000,
  });
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'kakuin-scripts-'));
}
