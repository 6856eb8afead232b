/** `npm run documents`: writes what documents take from policies, settings and the API anew. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../ca-core/project-root.ts';
import { placeholdersIn } from './documents/operator.ts';
import { writtenDocuments } from './documents/written.ts';
import { sayWhy } from './sentences.ts';

const usage = `npm run documents                 write the documents anew from policies, settings and the API
npm run documents -- --check      write nothing; end with 1 where a document differs
npm run documents -- --complete   the same, and refuse while policies/operator.yaml has placeholders`;

try {
  process.exitCode = run(process.argv.slice(2));
} catch (error) {
  sayWhy(error);
  process.exitCode = 1;
}

function run(words: readonly string[]): number {
  const [word] = words;
  if (words.length > 1 || ![undefined, '--check', '--complete', '--help'].includes(word)) {
    console.error(usage);
    return 2;
  }
  if (word === '--help') {
    console.log(usage);
    return 0;
  }
  return writeOrCheck(word !== undefined) + (word === '--complete' ? sayPlaceholders() : 0) > 0 ? 1 : 0;
}

/** How many documents are wrong. */
function writeOrCheck(isCheck: boolean): number {
  const documents = writtenDocuments(projectRoot);
  const mistakes = documents.flatMap(({ path, mistakes }) => mistakes.map(mistake => `✗ ${path}: ${mistake}`));
  const changed = documents.filter(({ isUnchanged }) => !isUnchanged);
  for (const mistake of mistakes) console.error(mistake);
  if (mistakes.length > 0) return mistakes.length;
  for (const { path, text } of changed) {
    if (isCheck) console.error(`✗ ${path} is not what policies, settings and API say: npm run documents`);
    else writeFileSync(join(projectRoot, path), text);
  }
  if (!isCheck) console.log(`${changed.length} of ${documents.length} documents were written anew.`);
  return isCheck ? changed.length : 0;
}

function sayPlaceholders(): number {
  const left = placeholdersIn(join(projectRoot, 'policies'));
  for (const name of left) console.error(`✗ policies/operator.yaml: ${name} is still a placeholder`);
  return left.length;
}
