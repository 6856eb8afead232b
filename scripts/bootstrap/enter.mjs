import { pathToFileURL } from 'node:url';
import { ensureBuilt } from './build.mjs';
import { ensurePackages } from './debian.mjs';
import { checkNode, ensureInstalled } from './install.mjs';
import { alone } from './lock.mjs';
import { inRoot } from './root.mjs';
import { orStop } from './say.mjs';

/**
 * Makes the platform able to run (locked packages, compiled sources, the named Debian packages), then goes on as the
 * compiled script, in this very process: nothing is left behind when it ends.
 */
export async function enter(script, packages = []) {
  await orStop(() => prepare(packages));
  await import(pathToFileURL(inRoot('dist', script)).href);
}

async function prepare(packages) {
  checkNode();
  await alone(async () => {
    await ensureInstalled();
    await ensureBuilt();
  });
  await ensurePackages(packages);
}
