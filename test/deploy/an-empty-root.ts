/** The system users and folders of deploy/, made by systemd's own tools in an empty root: this machine's are left alone. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../ca-core/project-root.ts';

export const deploy = join(projectRoot, 'deploy');

export interface EmptyRoot {
  readonly folder: string;
  /** Where the sources and dist/ are, as production has them: read only. */
  readonly program: string;
  /** The number of a system user or group, which has the same. */
  readonly idOf: (name: string) => number;
  /** The numbers of the other groups that a system user is in. */
  readonly groupsOf: (user: string) => readonly number[];
  /** Applies deploy/tmpfiles.conf, as after the ceremony. */
  readonly setOwners: () => void;
  readonly end: () => void;
}

export function anEmptyRoot(): EmptyRoot {
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-root-'));
  chmodSync(folder, 0o755);
  for (const one of ['etc', 'opt/kakuin', 'run']) mkdirSync(join(folder, one), { recursive: true });
  for (const one of ['passwd', 'group']) writeFileSync(join(folder, 'etc', one), '');
  execFileSync('systemd-sysusers', [`--root=${folder}`, join(deploy, 'sysusers.conf')], { stdio: 'pipe' });
  const ids = new Map(
    ['passwd', 'group'].flatMap(file =>
      readFileSync(join(folder, 'etc', file), 'utf8')
        .split('\n')
        .map(line => line.split(':'))
        .map(([name = '', , id = '']) => [name, Number(id)] as const),
    ),
  );
  const groups = readFileSync(join(folder, 'etc', 'group'), 'utf8')
    .split('\n')
    .map(line => line.split(':'));
  const program = join(folder, 'opt', 'kakuin');
  execFileSync('mount', ['-o', 'bind,ro', projectRoot, program]);
  const setOwners = (): void => {
    execFileSync('systemd-tmpfiles', [`--root=${folder}`, '--create', join(deploy, 'tmpfiles.conf')]);
  };
  setOwners();
  return {
    folder,
    program,
    setOwners,
    groupsOf: user =>
      groups.filter(([, , , members = '']) => members.split(',').includes(user)).map(([, , id]) => Number(id)),
    idOf: name => {
      const id = ids.get(name);
      if (id === undefined) throw new Error(`deploy/sysusers.conf makes no ${name}`);
      return id;
    },
    end: () => {
      const { status } = spawnSync('umount', ['-l', program]);
      // The repository must never be below a folder that is removed.
      if (status === 0) rmSync(folder, { recursive: true, force: true });
    },
  };
}
