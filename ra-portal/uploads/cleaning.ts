/**
 * Every file is cleaned in a program of its own: what a stranger sent can neither stop the portal, nor see another's
 * file, nor read more than the product's own code. The kernel holds it to its processor time and memory.
 */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { join } from 'node:path';
import { PkiError } from '../../ca-core/errors.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import type { CleanFile } from './clean-file.ts';
import { readCleaned } from './cleaned.ts';
import { fileKindOf } from './file-kind.ts';
import { openTurnstile } from './turnstile.ts';
import { mostOctets } from './unsafe.ts';

/** Throws fileTooLarge, fileKindUnknown, fileUnsafe, fileTooCostly, uploadsBusy. */
export type CleanUpload = (file: Buffer) => Promise<CleanFile>;

export interface CleaningBounds {
  /** Seconds of processor time, which a busy machine does not shorten. */
  readonly processorTime: number;
  /** Seconds on the wall, for a program that waits instead of working. */
  readonly time: number;
  /** Octets of memory that is written to, whoever takes it: V8, buffers, WebAssembly. */
  readonly memory: number;
  /** Programs at a time. */
  readonly atOnce: number;
  /** Files that may wait for one; the next is refused. */
  readonly waiting: number;
  /** Services run compiled, and so does this program, whoever starts it. */
  readonly program: string;
}

/** A photograph of 48 million pixels takes half of this. */
export const usualBounds: CleaningBounds = {
  processorTime: 20,
  time: 90,
  memory: 1024 * 1024 * 1024,
  atOnce: 2,
  waiting: 16,
  program: join(projectRoot, 'dist', 'ra-portal', 'uploads', 'clean-program.js'),
};

/** What is too large, or of no kind that is taken, starts no program. */
export function openCleaning(bounds: Partial<CleaningBounds> = {}): CleanUpload {
  const all = { ...usualBounds, ...bounds };
  const inTurn = openTurnstile(all);
  return async file => {
    if (file.length > mostOctets) throw new PkiError('fileTooLarge', { limit: mostOctets });
    if (fileKindOf(file) === null) throw new PkiError('fileKindUnknown');
    return readCleaned(await inTurn(() => answerOf(file, all)));
  };
}

/** Throws fileTooCostly when the program was ended before it had answered. */
function answerOf(file: Buffer, bounds: CleaningBounds): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', commandOf(bounds), { env: {}, stdio: ['pipe', 'ignore', 'pipe', 'pipe'] });
    const [answer, complaint] = [collected(child.stdio[3] as Readable), collected(child.stderr as Readable)];
    const alarm = setTimeout(() => child.kill('SIGKILL'), bounds.time * 1000);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(alarm);
      if (signal !== null) reject(new PkiError('fileTooCostly', { signal }));
      else if (code === 0) resolve(answer());
      else
        reject(
          new Error(`the program that cleans files ended with ${code ?? ''}: ${complaint().toString().slice(-500)}`),
        );
    });
    // It may end before it has read all.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(file);
  });
}

/** The shell sets the limits on itself and becomes the program, which yields to the portal (-d: memory mapped to be written). */
function commandOf({ processorTime, memory, program }: CleaningBounds): readonly string[] {
  const limits = `ulimit -c 0; ulimit -t ${processorTime}; ulimit -d ${Math.floor(memory / 1024)}; exec nice "$@"`;
  return ['-c', limits, 'sh', process.execPath, ...permissions, program];
}

/** No files but the product's, nothing to write to, no programs, no threads. The flag lost its prefix in Node 22.13. */
const permissions = [
  '--no-warnings',
  process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission',
  ...['dist/*', 'node_modules/*', 'package.json'].map(path => `--allow-fs-read=${join(projectRoot, path)}`),
];

function collected(stream: Readable): () => Buffer {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks);
}
