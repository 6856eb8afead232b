import { execFileSync } from 'node:child_process';
import { bill, type Bill } from './bill-of-materials.ts';

/** npm's own bill of everything installed below `root`, without asking anybody. */
export function installedBill(root: string): Bill {
  const words = ['sbom', '--sbom-format', 'cyclonedx', '--offline'];
  const maxBuffer = 64 * 1024 * 1024;
  const said = execFileSync('npm', words, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return bill.parse(JSON.parse(said));
}
