/** Progress goes to standard error, so that a command's --json output stays clean. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** A reason that a person can act on: one sentence, no stack. */
export class Stop extends Error {}

/** Runs the work; a Stop becomes its sentence and exit code 1. */
export async function orStop(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    say(error.message);
    process.exit(1);
  }
}
