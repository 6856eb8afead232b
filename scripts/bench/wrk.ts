import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

export interface Load {
  readonly url: string;
  /** Path of the Lua script; the same for both sides of a comparison. */
  readonly script: string;
  readonly seconds: number;
  readonly connections: number;
}

export interface Loaded {
  /** Answers per second. */
  readonly rate: number;
  /** Milliseconds that 50 and 99 of 100 answers took at most. */
  readonly p50: number;
  readonly p99: number;
}

/** What `wrk` counts. Throws when any request failed: a refusal is quick, but no answer. */
export async function underLoad({ url, script, seconds, connections }: Load): Promise<Loaded> {
  const words = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, url];
  const { stdout } = await promisify(execFile)('wrk', words);
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1];
  if (rate === undefined || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk against ${url}:\n${stdout}`);
  return { rate: Number(rate), p50: latencyOf(stdout, 50), p99: latencyOf(stdout, 99) };
}

export async function answersPerSecond(load: Load): Promise<number> {
  return (await underLoad(load)).rate;
}

/** The path of a script that does the same, but rests before each request: `pause` milliseconds on average. */
export function rested(script: string, pause: number): string {
  const path = script.replace(/\.lua$/, `-${Math.round(pause * 1_000)}.lua`);
  // wrk counts whole milliseconds: the rest is drawn by lot.
  const lines = [readFileSync(script, 'utf8'), `function delay() return math.floor(${pause} + math.random()) end`];
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

const milliseconds: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000 };

function latencyOf(text: string, hundredths: number): number {
  const [, number, unit = ''] = new RegExp(`^ +${hundredths}% +([\\d.]+)(us|ms|s|m)$`, 'm').exec(text) ?? [];
  return Number(number) * (milliseconds[unit] ?? NaN);
}
