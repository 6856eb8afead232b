/** Uploads are cleaned outside the portal, in programs that have only so much time, memory and sight. */
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { PkiError } from '../../ca-core/errors.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import { openCleaning } from '../../ra-portal/uploads/cleaning.ts';
import { openTurnstile } from '../../ra-portal/uploads/turnstile.ts';
import { compiled } from '../support/compiled.ts';
import { aHeic, aJpeg, aSlowPdf } from './support/files.ts';

const codeOf = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => 'taken',
    (error: unknown) => (error instanceof PkiError ? error.code : String(error)),
  );

let curious: string;
beforeAll(() => {
  curious = compiled('test/ra-portal/support/curious-program.ts');
});

describe('the program that cleans', () => {
  it('answers with the file, and with what is shown of it', async () => {
    const { kind, file, shown } = await openCleaning()(aHeic());
    expect([kind, file.subarray(4, 8).toString(), shown?.subarray(0, 3).toString('hex')]).toEqual([
      'heic',
      'ftyp',
      'ffd8ff',
    ]);
    expect(await openCleaning()(aJpeg())).toMatchObject({ kind: 'jpeg', shown: null });
    expect(await codeOf(openCleaning()(aJpeg().subarray(0, -2)))).toBe('fileUnsafe');
  });

  it.each<[string, Buffer, { processorTime?: number; time?: number; memory?: number }]>([
    ['works for ever', aSlowPdf(), { processorTime: 1 }],
    ['takes longer than anybody waits', aSlowPdf(), { time: 1 }],
    ['takes more memory than there is for it', aHeic(), { memory: 120 * 1024 * 1024 }],
  ])('is ended when it %s', async (_, file, bounds) => {
    expect(await codeOf(openCleaning(bounds)(file))).toBe('fileTooCostly');
  });

  it('outlives a stream packed twice that unpacks to more than there is memory', async () => {
    expect(await codeOf(openCleaning({ memory: 256 * 1024 * 1024 })(packedTwice()))).toMatch(
      /^file(Unsafe|TooCostly)$/,
    );
  });

  it('sees no file but the product, no environment, and starts nothing', async () => {
    const answer = openCleaning({ program: curious })(aJpeg());
    const denied = 'ERR_ACCESS_DENIED';
    await expect(answer).rejects.toThrow(
      `passwords: ${denied}, home: ${denied}, writing: ${denied}, programs: ${denied}, environment: `,
    );
    await expect(answer).rejects.toThrow(/environment: \)$/);
  });

  it('that is missing is nobody’s file’s fault', async () => {
    const answer = openCleaning({ program: join(projectRoot, 'dist', 'none.js') })(aJpeg());
    expect(await codeOf(answer)).toContain('the program that cleans files ended');
  });
});

describe('a turnstile', () => {
  it('lets in so many, keeps so many waiting, in their order, and sends the next away', async () => {
    const inTurn = openTurnstile({ atOnce: 1, waiting: 1 });
    const order: string[] = [];
    let open = (): void => undefined;
    const first = inTurn(() => new Promise<void>(resolve => (open = resolve)).then(() => void order.push('first')));
    const second = inTurn(() => Promise.resolve(void order.push('second')));
    expect(await codeOf(inTurn(() => Promise.resolve()))).toBe('uploadsBusy');
    open();
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
    expect(await codeOf(inTurn(() => Promise.resolve()))).toBe('taken');
  });
});

function packedTwice(): Buffer {
  const zeros = deflateSync(Buffer.alloc(400 * 1024 * 1024));
  const stream = deflateSync(zeros);
  const head =
    '%PDF-1.5\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n' +
    '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n' +
    `4 0 obj<</Type/ObjStm/N 1/First 4/Filter[/FlateDecode/FlateDecode]/Length ${stream.length}>>stream\n`;
  const tail = '\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n';
  return Buffer.concat([Buffer.from(head), stream, Buffer.from(tail)]);
}
