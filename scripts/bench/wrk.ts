import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface Load {
  readonly url: string;
  /** Path of the Lua script; the same for both sides of a comparison. */
  readonly script: string;
  readonly seconds: number;
  readonly connections: number;
}

/** Answers per second that `wrk` counts. Throws when any request failed: a refusal is quick, but no answer. */
export async function answersPerSecond({ url, script, seconds, connections }: Load): Promise<number> {
  const words = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url];
  const { stdout } = await promisify(execFile)('wrk', words);
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1];
  if (rate === undefined || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk against ${url}:\n${stdout}`);
  return Number(rate);
}
