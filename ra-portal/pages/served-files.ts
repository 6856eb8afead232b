/** What browsers load besides pages: styles, compiled scripts, and the one library that they need. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import express, { Router } from 'express';
import { projectRoot } from '../../ca-core/project-root.ts';

const require = createRequire(import.meta.url);
const tokens = require.resolve('@digital-go-jp/design-tokens/dist/tokens.css');
const pdfjs = dirname(require.resolve('pdfjs-dist/package.json'));
const pdfLib = join(dirname(require.resolve('pdf-lib/package.json')), 'dist');
const modules = { core: esmOf('@hpke/core'), common: esmOf('@hpke/common') };

/** Bare names in compiled scripts, and where this server has them. */
export const importMap = JSON.stringify({
  imports: {
    '@hpke/core': '/modules/hpke-core/mod.js',
    '@hpke/common': '/modules/hpke-common/mod.js',
    'pdf-lib': '/modules/pdf-lib/pdf-lib.esm.min.js',
  },
});

/** Compiled by tsc with their folders kept, so that their imports lead where they led in the source. */
const scripts = ['ra-portal/browser', 'ca-core/delivery', 'ca-core/x509/der.js', 'ca-core/errors.js'];

/** `compiled` is the folder with the compiled sources, `dist` of the repository. */
export function servedFiles(compiled: string): Router {
  const router = Router();
  const whole = { index: false, redirect: false, fallthrough: true, maxAge: 0 } as const;
  router.get('/assets/tokens.css', (_request, response) => response.sendFile(tokens));
  router.use('/assets', express.static(join(projectRoot, 'ra-portal', 'assets'), whole));
  for (const path of scripts) router.use(`/js/${path}`, express.static(join(compiled, path), whole));
  for (const part of ['build', 'cmaps', 'standard_fonts']) {
    router.use(`/modules/pdfjs/${part}`, express.static(join(pdfjs, part), whole));
  }
  router.use('/modules/pdf-lib', express.static(pdfLib, whole));
  router.use('/modules/hpke-core', express.static(modules.core, whole));
  router.use('/modules/hpke-common', express.static(modules.common, whole));
  return router;
}

function esmOf(name: string): string {
  return join(dirname(require.resolve(`${name}/package.json`)), 'esm');
}
