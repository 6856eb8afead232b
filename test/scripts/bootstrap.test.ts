import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../ca-core/project-root.ts';

/** The bootstrap is JavaScript for a Node without packages, so it is asked from outside. */
function bootstrap(code: string): { status: number | null; stdout: string; stderr: string } {
  const words = ['--input-type=module', '-e', code];
  return spawnSync(process.execPath, words, { cwd: projectRoot, encoding: 'utf8', timeout: 20_000 });
}

describe('the bootstrap', () => {
  it.each(['20.11.0', '22.0.0', '24.3.1'])('takes Node %s', version => {
    const code = `import { checkNode } from './scripts/bootstrap/install.mjs'; checkNode('${version}');`;
    expect(bootstrap(code).status).toBe(0);
  });

  it.each(['18.20.0', '20.10.0'])('refuses Node %s in a sentence', version => {
    const code = `import { orStop } from './scripts/bootstrap/say.mjs';
      import { checkNode } from './scripts/bootstrap/install.mjs';
      await orStop(() => checkNode('${version}'));`;
    const { status, stderr } = bootstrap(code);
    expect(status).toBe(1);
    expect(stderr.trim()).toBe(`Kakuin needs Node.js 20.11 or newer; this is Node.js ${version}.`);
  });

  it('says that it is working while a program is silent', () => {
    const code = `import { run } from './scripts/bootstrap/run.mjs';
      await run('sleep', ['4.6'], { doing: 'Sleeping' });`;
    expect(bootstrap(code).stderr).toMatch(/^Sleeping …\nSleeping … 4 s\n$/);
  });

  it('imports nothing but node: and its own files', () => {
    const code = `import { readdirSync, readFileSync } from 'node:fs';
      const files = ['scripts', 'scripts/bootstrap'].flatMap(folder =>
        readdirSync(folder).filter(name => name.endsWith('.mjs')).map(name => folder + '/' + name));
      const specifiers = files.flatMap(file => [...readFileSync(file, 'utf8').matchAll(/from '([^']+)'/g)].map(m => m[1]));
      console.log(JSON.stringify(specifiers.filter(one => !one.startsWith('node:') && !one.startsWith('./'))));`;
    expect(JSON.parse(bootstrap(code).stdout)).toEqual([]);
  });
});
