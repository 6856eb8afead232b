import { describe, expect, it } from 'vitest';
import * as code from './architecture/code-rules.ts';
import * as imports from './architecture/import-rules.ts';
import { readSources, sourceOf, type Source } from './architecture/sources.ts';

type Rule = (sources: readonly Source[]) => string[];

const rules: Record<string, Rule> = {
  'a folder imports only what the table allows': imports.tableBreaches,
  'a package outside the table has one door': imports.adapterBreaches,
  'what runs in the browser imports nothing of Node': imports.isomorphicBreaches,
  'no barrel but ca-core/index.ts': imports.barrelBreaches,
  'no import cycle, type imports included': imports.cycles,
  'process.env and console only in main.ts and scripts': code.environmentBreaches,
  'the time only from ca-core/clock.ts': code.clockBreaches,
  'a private key signs only in ca-core/x509/signed.ts': code.signingBreaches,
  'no file over 250 lines': code.lengthBreaches,
  'names of files and folders say something': code.nameBreaches,
};

describe('the house', () => {
  const sources = readSources();
  it.each(Object.entries(rules))('%s', (_, rule) => expect(rule(sources).join('\n')).toBe(''));
});

describe('the rules', () => {
  it.each<[Rule, ...[string, string][]]>([
    [imports.tableBreaches, ['ocsp-responder/a.ts', "import { b } from '../crl-publisher/b.ts';"]],
    [imports.tableBreaches, ['ra-portal/a.ts', "import type { Key } from '../ca-core/keys/key.ts';"]],
    [imports.tableBreaches, ['ca-core/x509/a.ts', "type B = import('../store/b.ts').B;"]],
    [imports.tableBreaches, ['newcomer/a.ts', '']],
    [imports.adapterBreaches, ['ca-core/a.ts', "import x from 'yaml';"], ['ra-portal/b.ts', "import y from 'yaml';"]],
    [imports.isomorphicBreaches, ['ca-core/delivery/a.ts', "import { sign } from 'node:crypto';"]],
    [imports.barrelBreaches, ['ra-portal/index.ts', "export { a } from './a.ts';"]],
    [imports.cycles, ['ca-core/a.ts', "import './b.ts';"], ['ca-core/b.ts', "import type { A } from './a.ts';"]],
    [code.environmentBreaches, ['ca-core/a.ts', 'export const home = process.env.HOME;']],
    [code.environmentBreaches, ['ca-core/a.ts', "console.log('a');"]],
    [code.clockBreaches, ['ca-core/a.ts', 'export const now = Date.now();']],
    [code.clockBreaches, ['ca-core/a.ts', 'export const now = new Date();']],
    [code.signingBreaches, ['ca-core/a.ts', 'await issuer.key.sign(message);']],
    [code.signingBreaches, ['ocsp-responder/a.ts', "import { sign as x } from 'node:crypto';"]],
    [code.lengthBreaches, ['ca-core/a.ts', '\n'.repeat(251)]],
    [code.nameBreaches, ['ca-core/utils/a.ts', '']],
    [code.nameBreaches, ['ca-core/key-manager.ts', '']],
  ])('see what breaks them (%#)', (rule, ...files) => {
    expect(rule(files.map(([path, text]) => sourceOf(path, text)))).toHaveLength(1);
  });

  it('leave what is right alone', () => {
    const good = [
      sourceOf('ca-core/a.ts', "import { sequence } from './x509/der.ts'; export const at = new Date(0);"),
      sourceOf('ra-portal/main.ts', "import { b } from '../ca-core/index.ts'; console.log(process.env.HOME);"),
      sourceOf('ra-portal/browser/a.ts', "await crypto.subtle.sign('HMAC', key, bytes);"),
    ];
    for (const rule of Object.values(rules)) expect(rule(good)).toEqual([]);
  });
});
