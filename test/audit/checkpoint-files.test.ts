import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCheckpointFiles } from '../../ca-core/audit/checkpoint-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kakuin-checkpoints-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const day = 86_400;
const notesIn = (): string[] =>
  openCheckpointFiles(folder)
    .all()
    .map(({ note }) => note);

describe('checkpoints in a file a day', () => {
  it.each([0, day])('cut off what a full disk left of a line, written on %i seconds later', async later => {
    const files = openCheckpointFiles(folder);
    await files.keep({ at: 0, note: 'one' });
    appendFileSync(join(folder, 'checkpoints', '1970-01-01.log'), '{"at":1,"no');
    expect(notesIn()).toEqual(['one']);
    await files.keep({ at: later, note: 'two' });
    expect(notesIn()).toEqual(['one', 'two']);
    expect(files.newest()).toBe('two');
  });

  it('begin where there is nothing, and where a file has nothing in it', async () => {
    const files = openCheckpointFiles(folder);
    expect(notesIn()).toEqual([]);
    await files.keep({ at: 0, note: 'one' });
    writeFileSync(join(folder, 'checkpoints', '1970-01-02.log'), '');
    await files.keep({ at: day, note: 'two' });
    expect(notesIn()).toEqual(['one', 'two']);
  });
});
