import { execFile } from 'node:child_process';

export interface Answer {
  readonly code: number;
  readonly output: string;
}

/** Runs openssl in a folder: exit code, and output followed by error output. */
export function runOpenssl(folder: string, words: readonly string[]): Promise<Answer> {
  return new Promise(resolve => {
    const options = { cwd: folder, timeout: 20_000, maxBuffer: 16 << 20 };
    const child = execFile('openssl', words, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, output: stdout + stderr });
    });
    child.stdin?.end();
  });
}
