/** `npm run sbom`: writes sbom.cdx.json, the bill of materials that goes with a release. Asks nobody: it reads what is installed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { projectRoot } from '../ca-core/project-root.ts';
import { productionBill, unlicensed, type Manifest } from './sbom/bill-of-materials.ts';
import { installedBill } from './sbom/installed-bill.ts';

const [word, ...more] = process.argv.slice(2);
if (more.length > 0 || word?.startsWith('-') === true) {
  console.error('npm run sbom [-- FILE]   write the bill of materials (CycloneDX, JSON) to FILE, or to sbom.cdx.json');
  process.exit(2);
}
const manifest = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as Manifest;
const made = productionBill(installedBill(projectRoot), manifest);
const file = resolve(projectRoot, word ?? 'sbom.cdx.json');
writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`);
console.log(`${made.components.length} packages are in ${file}.`);
const bare = unlicensed(made);
for (const name of bare) console.error(`✗ ${name} names no licence`);
process.exitCode = bare.length > 0 ? 1 : 0;
