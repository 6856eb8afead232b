/** `npm run bench -- NAME… --json FILE`: how fast it is on this machine, each figure beside what the machine can do. */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { deltaCrlFigure, fullCrlFigure } from './bench/crl.ts';
import { resultOf, type Figure, type Result } from './bench/figure.ts';
import { issueFigure } from './bench/issue.ts';
import { cachedFigure, cachedMillionFigure, signedFigure, signedRsaFigure } from './bench/ocsp.ts';
import { tableOf } from './bench/table.ts';
import { PkiError } from '../ca-core/errors.ts';
import { sayWhy } from './sentences.ts';

const figures: readonly Figure[] = [
  issueFigure,
  cachedFigure,
  cachedMillionFigure,
  signedFigure,
  signedRsaFigure,
  fullCrlFigure,
  deltaCrlFigure,
];

interface Options {
  readonly json?: string;
  readonly rounds: string;
}

const program = new Command('bench')
  .description('measures what is named, or everything')
  .argument('[names...]', figures.map(({ name }) => name).join(', '))
  .option('--json <file>', 'write [{name, value, unit, yardstick, ratio}] there')
  .option('--rounds <count>', 'the medians are of so many', '3')
  .action(async (names: readonly string[], { json, rounds }: Options) => {
    const results: Result[] = [];
    for (const figure of chosen(names)) {
      console.error(`${figure.name} …`);
      results.push(resultOf(figure, await figure.measure(Number(rounds))));
    }
    console.log(tableOf(results, figures).join('\n'));
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
  });

try {
  await program.parseAsync();
} catch (error) {
  sayWhy(error);
  process.exitCode = 1;
}

function chosen(names: readonly string[]): readonly Figure[] {
  const unknown = names.filter(name => !figures.some(figure => figure.name === name));
  if (unknown.length > 0) {
    throw new PkiError('settingsInvalid', { mistakes: [`There is no figure ${unknown.join(', ')}.`] });
  }
  return figures.filter(({ name }) => names.length === 0 || names.includes(name));
}
