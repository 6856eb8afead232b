/** `npm run bench -- NAME… --json [FILE]`: how fast it is on this machine, each figure beside what the machine can do. */
import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { bulkCheckFigure } from './bench/bulk-check.ts';
import { bulkFigures } from './bench/bulk.ts';
import { cardFigure } from './bench/cards.ts';
import { deltaCrlFigure, fullCrlFigure } from './bench/crl.ts';
import { resultOf, type BenchWish, type Figure, type Result } from './bench/figure.ts';
import { latencyFigures } from './bench/issue-latency.ts';
import { memoryFigure } from './bench/issue-memory.ts';
import { issueFigures } from './bench/issue.ts';
import { ocspFigures } from './bench/ocsp.ts';
import { queueFigures } from './bench/queue.ts';
import { massFigure } from './bench/revoke-mass.ts';
import { soakFigure } from './bench/soak.ts';
import { tableOf } from './bench/table.ts';
import { exitCodeAfter, wrongUsage } from './commands/command.ts';
import { folderAt } from './commands/named-file.ts';

const figures: readonly Figure[] = [
  ...issueFigures,
  ...latencyFigures,
  memoryFigure,
  ...ocspFigures,
  fullCrlFigure,
  deltaCrlFigure,
  ...queueFigures,
  cardFigure,
  bulkCheckFigure,
  ...bulkFigures,
  massFigure,
  soakFigure,
];

interface Options {
  readonly json?: string | true;
  readonly rounds: number;
  readonly count?: number;
  readonly seconds?: number;
  readonly workers?: number;
  readonly profiles?: string;
}

const program = new Command('bench')
  .exitOverride()
  .description(
    'Measures what is named, or everything (about half an hour, and the soak); each figure beside its yardstick.',
  )
  .argument('[names...]', 'figures, or the beginnings of their names (issue, ocsp.cached)')
  .option('--json [file]', 'write [{name, value, unit, yardstick, ratio, min, max, bound, met, …}] there, or print it')
  .option('--rounds <count>', 'values and ratios are medians of so many', wholeNumber, 3)
  .option('--count <count>', 'so many certificates, orders or cases in a round', wholeNumber)
  .option('--seconds <count>', 'how long ocsp.soak goes on (1200)', wholeNumber)
  .option('--workers <count>', 'CA core workers in issue.* (as production has it)', wholeNumber)
  .option('--profiles <folder>', 'keep CPU profiles of the CA core there, and say more about where the time goes')
  .addHelpText('after', () => `\nFigures:\n${meanings().join('\n')}`)
  .action(async (names: readonly string[], { json, ...wish }: Options) => {
    const figures = chosen(names);
    if (typeof json === 'string') folderAt(dirname(json));
    const results = await measureAll(figures, wish);
    const text = JSON.stringify(results, null, 2);
    console.log(json === true ? text : tableOf(results).join('\n'));
    if (typeof json === 'string') writeFileSync(json, `${text}\n`);
  });

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeAfter(error);
}

async function measureAll(wanted: readonly Figure[], wish: BenchWish): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const { name, measure } of wanted) {
    console.error(`${name} …`);
    results.push(...(await measure(wish)).map(resultOf));
  }
  return results;
}

function chosen(names: readonly string[]): readonly Figure[] {
  const isMeant = (figure: string, name: string): boolean => figure === name || figure.startsWith(`${name}.`);
  const unknown = names.filter(name => !figures.some(figure => isMeant(figure.name, name)));
  if (unknown.length > 0)
    throw wrongUsage(`There is no figure ${unknown.join(', ')}: npm run bench -- --help lists them.`);
  return figures.filter(figure => names.length === 0 || names.some(name => isMeant(figure.name, name)));
}

function meanings(): string[] {
  const width = Math.max(...figures.map(({ name }) => name.length));
  return figures.map(({ name, meaning }) => `  ${name.padEnd(width)}  ${meaning}`);
}

function wholeNumber(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number from 1 on.');
}
