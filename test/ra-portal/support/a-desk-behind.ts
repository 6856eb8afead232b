/** The real approval desk at its own address in a browser, whatever port it has here. */
import { createServer, type RequestListener } from 'node:http';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import ts from 'typescript';
import { openDesk } from '../../../approval-desk/desk.ts';
import { readPolicies } from '../../../ca-core/index.ts';
import { silentLog } from '../../../ca-core/log.ts';
import { projectRoot } from '../../../ca-core/project-root.ts';
import { desk } from '../../support/an-officer.ts';
import type { APortal } from './a-portal.ts';

export interface ADeskBehind {
  /** Lets this page reach it. */
  readonly serve: (page: Page) => Promise<void>;
  readonly close: () => void;
}

/** Over the same database as the portal; `scripts` is a folder for its compiled scripts. */
export async function aDeskBehind({ store, url, clock, ground }: APortal, scripts: string): Promise<ADeskBehind> {
  compileDesk(scripts);
  const ca = (await store.issuers.list()).find(({ role }) => role === 'issuing')?.id ?? '';
  const app = openDesk({
    ...{ store, ca, url: desk.origin, portalUrl: url, scripts, clock, log: silentLog, authenticators: 1 },
    evidenceTitles: { ja: {}, en: {} },
    sample: readPolicies(ground.policies).identity.sample,
  });
  const server = createServer(app as RequestListener);
  await new Promise<void>(resolve => server.listen(0, resolve));
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    serve: async page => {
      await page.route(`${desk.origin}/**`, async route => {
        const asked = route.request().url().replace(desk.origin, origin);
        await route.fulfill({ response: await route.fetch({ url: asked }) });
      });
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function compileDesk(into: string): void {
  const folder = join(projectRoot, 'approval-desk', 'browser');
  const compilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    rewriteRelativeImportExtensions: true,
  };
  mkdirSync(into, { recursive: true });
  for (const file of readdirSync(folder)) {
    const { outputText } = ts.transpileModule(readFileSync(join(folder, file), 'utf8'), { compilerOptions });
    writeFileSync(join(into, file.replace(/\.ts$/, '.js')), outputText);
  }
}
