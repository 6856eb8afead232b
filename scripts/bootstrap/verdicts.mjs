import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './build.mjs';
import { alone } from './lock.mjs';
import { inRoot } from './root.mjs';
import { run } from './run.mjs';
import { say } from './say.mjs';

/** Formatting, lint and types, each one verdict; then the tests. Returns { passed, failed }. */
export async function verdicts({ vitest, env }) {
  const [types, style] = await Promise.all([alone(build), styleOutcomes()]);
  const outcomes = [...style, { name: 'types', ...types }];
  for (const outcome of outcomes) show(outcome);
  const tests = await testCounts(vitest, env);
  const held = outcomes.filter(({ code }) => code === 0).length;
  return { passed: tests.passed + held, failed: tests.failed + outcomes.length - held };
}

async function styleOutcomes() {
  const format = await run(process.execPath, [tool('prettier', 'bin', 'prettier.cjs'), '--check', '.'], {});
  const lint = await run(process.execPath, [tool('eslint', 'bin', 'eslint.js'), '.'], { doing: 'Linting' });
  return [
    { name: 'format', ...format },
    { name: 'lint', ...lint },
  ];
}

function show({ name, code, output }) {
  if (code !== 0) say(output.trimEnd());
  say(`${code === 0 ? '✓' : '✗'} ${name}`);
}

async function testCounts(options, env) {
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-test-'));
  const report = join(folder, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { code } = await run(process.execPath, [tool('vitest', 'vitest.mjs'), 'run', ...reporters, ...options], {
    show: true,
    env,
  });
  const counts = readCounts(report);
  rmSync(folder, { recursive: true, force: true });
  // Errors outside any test (an unhandled rejection, a crash) have no line in the report but must not pass.
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

function readCounts(report) {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
    const unloaded = testResults.filter(file => file.status === 'failed' && !file.assertionResults.some(failed));
    return { passed: numPassedTests, failed: numFailedTests + unloaded.length };
  } catch {
    return { passed: 0, failed: 0 };
  }
}

const failed = ({ status }) => status === 'failed';

function tool(...parts) {
  return inRoot('node_modules', ...parts);
}
