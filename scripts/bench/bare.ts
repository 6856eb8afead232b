import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../../ca-core/project-root.ts';
import { freePorts } from '../ports.ts';

/** Starts the cluster of two bare servers whose every answer has so many octets. */
export async function startBareServer(size: number): Promise<{ readonly url: string; readonly stop: () => void }> {
  const [port = 0] = await freePorts(1);
  const program = join(projectRoot, 'dist', 'scripts', 'bench', 'bare-server.js');
  const child = spawn(process.execPath, [program, String(port), String(size), '2'], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('close', () => reject(new Error('The bare server ended.')));
  });
  return { url: `http://localhost:${port}/`, stop: () => void child.kill() };
}
