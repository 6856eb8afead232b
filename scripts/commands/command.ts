import { CommanderError, type Command } from 'commander';
import { sayWhy } from '../sentences.ts';
import { readSettings, type Settings } from '../settings.ts';

/** What a command answers: a value for programs (--json) and lines for people. `failed` makes the exit code 1. */
export interface Answer {
  readonly value: unknown;
  readonly lines: readonly string[];
  readonly failed?: boolean;
  /** What is done once it is printed. */
  readonly afterwards?: () => Promise<void>;
}

/** What was typed after the command's name. */
export interface Typed {
  readonly options: Readonly<Partial<Record<string, string>>>;
  /** Options that stand alone, such as --yes. */
  readonly flags: ReadonlySet<string>;
  readonly words: readonly string[];
}

/** Gives a command its --json option and prints what `work` answers. Expected refusals are the caller's to say. */
export function answers(command: Command, work: (settings: Settings, typed: Typed) => Promise<Answer>): void {
  command.option('--json', 'print JSON for programs').action(async () => {
    const all = Object.entries(command.opts<Record<string, string | boolean | undefined>>());
    const options = Object.fromEntries(
      all.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    );
    const flags = new Set(all.flatMap(([name, value]) => (value === true ? [name] : [])));
    const typed = { options, flags, words: command.args };
    const { value, lines, failed = false, afterwards } = await work(readSettings(process.env), typed);
    console.log(flags.has('json') ? JSON.stringify(value, null, 2) : lines.join('\n'));
    if (failed) process.exitCode = 1;
    await afterwards?.();
  });
}

/** For a mistake in what was typed: the exit code is 2, as for an option that does not exist. */
export function wrongUsage(sentence: string): CommanderError {
  return new CommanderError(2, 'kakuin.usage', sentence);
}

/** Says what is left to say of it. Commander has said what it found wrong itself, and shown the help. */
export function exitCodeAfter(error: unknown): number {
  if (!(error instanceof CommanderError)) {
    sayWhy(error);
    return 1;
  }
  if (error.code === 'kakuin.usage') console.error(error.message);
  return error.exitCode === 0 ? 0 : 2;
}

/** Tells people at a terminal what takes a while; programs that read the answer are not disturbed. */
export function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${line}\n`);
}

/** Unix seconds as people in every time zone read them. */
export function timeText(unixTime: number): string {
  return new Date(unixTime * 1000).toISOString().replace('.000', '');
}

/** Rows with their columns under each other. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
