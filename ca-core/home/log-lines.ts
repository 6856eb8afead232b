/** The lines of a home's log, read one by one from its file, whoever writes to it meanwhile. */
import { createReadStream, existsSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

/** Whole lines only, in order; none where there is no file. Throws SyntaxError for a line that is no JSON. */
export async function* linesOfLog<Entry>(file: string): AsyncGenerator<Entry, void> {
  if (!existsSync(file)) return;
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const octets of createReadStream(file) as AsyncIterable<Buffer>) {
    const lines = (rest + decoder.write(octets)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as Entry;
  }
}
