/** The outside judges: OpenSSL and GnuTLS, run in a folder of their own that is gone afterwards. */
import { execFileSync, type ExecFileSyncOptions } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Files = Readonly<Record<string, Uint8Array | string>>;

/** What `openssl …args` prints, with `files` in its working folder. Throws with its stderr when it fails. */
export function openssl(args: readonly string[], files: Files = {}): string {
  return opensslBytes(args, files).toString('utf8');
}

/** The same as octets, for `-outform DER`. */
export function opensslBytes(args: readonly string[], files: Files = {}): Buffer {
  return judge('openssl', args, files);
}

/** What any judge prints. */
export function judge(program: string, args: readonly string[], files: Files = {}): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-judge-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content, { mode: 0o600 });
    const options: ExecFileSyncOptions = { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 };
    return Buffer.from(execFileSync(program, args, options));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
