import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { inRoot } from './root.mjs';
import { run } from './run.mjs';
import { Stop } from './say.mjs';

const stamp = inRoot('node_modules', '.kakuin-lock');

/** Throws Stop when this Node cannot run Kakuin. */
export function checkNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 11)) return;
  throw new Stop(`Kakuin needs Node.js 20.11 or newer; this is Node.js ${version}.`);
}

/** Makes node_modules hold exactly what package-lock.json says, for this Node. */
export async function ensureInstalled() {
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  if (!(await alreadyInstalled())) await install();
  writeFileSync(stamp, wanted);
}

/** The native SQLite module is built for one Node ABI, so that is part of the stamp. */
function fingerprint() {
  const lock = createHash('sha256')
    .update(readFileSync(inRoot('package-lock.json')))
    .digest('hex');
  return `${lock} ${process.platform}-${process.arch}-${process.versions.modules}\n`;
}

/** npm leaves what it installed in node_modules/.package-lock.json, written when all scripts have run. */
async function alreadyInstalled() {
  const hidden = inRoot('node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const there = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  const locked = JSON.parse(readFileSync(inRoot('package-lock.json'), 'utf8')).packages;
  const same = Object.entries(locked).every(
    ([path, wanted]) => path === '' || wanted.optional || there[path]?.integrity === wanted.integrity,
  );
  return same && (await sqliteLoads());
}

/** The one that ca-core/store/sqlite-driver.ts takes: 13 comes compiled, 12 is compiled here (decision 4). */
const isCompiledHere = Number.parseInt(process.versions.node, 10) < 22;
const sqlite = isCompiledHere ? 'better-sqlite3' : 'better-sqlite3-13';

async function sqliteLoads() {
  const { code } = await trySqlite();
  return code === 0;
}

function trySqlite() {
  return run(process.execPath, ['-e', `new (require('${sqlite}'))(':memory:').close()`]);
}

async function install() {
  const doing = 'Installing the locked packages (SQLite is compiled, about two minutes)';
  const { code, output } = await run('npm', ['ci', '--no-audit', '--no-fund'], { doing });
  if (code !== 0) throw new Stop(`${output}\nInstalling the packages failed; what npm printed stands above.`);
  if (!(await sqliteLoads())) await mendSqlite();
}

async function mendSqlite() {
  if (!isCompiledHere) {
    const { output } = await trySqlite();
    throw new Stop(`${output}\nSQLite does not load: ${sqlite} comes compiled, for glibc 2.34 and newer.`);
  }
  const { code, output } = await run('npm', ['rebuild', sqlite], { doing: 'Compiling SQLite' });
  if (code === 0 && (await sqliteLoads())) return;
  throw new Stop(`${output}\nCompiling SQLite failed: it needs Python 3, make and a C++ compiler (g++).`);
}
