import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../ca-core/project-root.ts';
import type { IssueGround } from './issue-ground.ts';

/** Signatures per second with the issuing CA's own key, by a program that does nothing else. */
export async function tokenSignaturesPerSecond({ token }: Pick<IssueGround, 'token'>): Promise<number> {
  if (token === undefined) throw new Error('There is no token.');
  const program = join(projectRoot, 'dist', 'scripts', 'bench', 'token-run.js');
  const { stdout } = await promisify(execFile)(process.execPath, [program, token.uri()]);
  return Number(stdout);
}
