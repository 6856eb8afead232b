import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRoot, root } from './root.mjs';
import { run } from './run.mjs';
import { Stop } from './say.mjs';

const stamp = inRoot('dist', '.built');
const folders = [
  'ca-core',
  'ra-portal',
  'approval-desk',
  'ocsp-responder',
  'crl-publisher',
  'monitor',
  'issuing-station',
  'pass',
  'scripts',
  'test',
];

/** Compiles when a source has changed since the last build. Throws Stop with the compiler's words when it fails. */
export async function ensureBuilt() {
  const sources = sourceState();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return;
  const { code, output } = await build();
  if (code !== 0) throw new Stop(`${output}\nThe sources do not compile; what the compiler printed stands above.`);
}

/** Compiles to dist/, always. Returns { code, output } of the compiler. */
export async function build() {
  const sources = sourceState();
  rmSync(stamp, { force: true });
  pruneOutput('');
  const first = await compile();
  // The compiler trusts its memory; where output has gone missing it has to look at everything again.
  const outcome = outputIsWhole() ? first : await compileAll();
  if (outcome.code === 0) keepStamp(sources);
  return outcome;
}

function compile() {
  const tsc = inRoot('node_modules', 'typescript', 'bin', 'tsc');
  return run(process.execPath, [tsc, '-p', root], { doing: 'Compiling' });
}

function compileAll() {
  rmSync(inRoot('dist', '.tsbuildinfo'), { force: true });
  return compile();
}

function outputIsWhole() {
  const sources = folders.flatMap(sourcesIn).filter(file => !file.endsWith('.d.ts'));
  return sources.every(file => existsSync(inRoot('dist', file.replace(/\.ts$/, '.js'))));
}

function keepStamp(sources) {
  mkdirSync(inRoot('dist'), { recursive: true });
  writeFileSync(stamp, sources);
}

function sourceState() {
  const state = createHash('sha256');
  const files = folders.flatMap(sourcesIn).concat(['tsconfig.json', 'package-lock.json', 'vitest.config.ts']);
  for (const file of files) {
    const { mtimeMs, size } = statSync(inRoot(file));
    state.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return `${state.digest('hex')}\n`;
}

function sourcesIn(folder) {
  if (!existsSync(inRoot(folder))) return [];
  return readdirSync(inRoot(folder), { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourcesIn(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

/** What has lost its source must not stay: a left-over migration, say, would be run. */
function pruneOutput(folder) {
  if (!existsSync(inRoot('dist', folder))) return;
  for (const entry of readdirSync(inRoot('dist', folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const source = path.replace(/\.js(\.map)?$/, '.ts');
    if (entry.isDirectory()) pruneOutput(path);
    else if (source !== path && !existsSync(inRoot(source))) forget(path);
  }
}

/** The compiler's memory goes too, or it would believe that the file is still there. */
function forget(path) {
  rmSync(inRoot('dist', path), { force: true });
  rmSync(inRoot('dist', '.tsbuildinfo'), { force: true });
}
