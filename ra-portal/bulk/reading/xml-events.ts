/** XML as a stream of events, names without their prefixes. No entities but XML's own five: nothing can grow. */
import type { Readable } from 'node:stream';
import { SaxesParser } from 'saxes';

export interface XmlSink {
  readonly begin: (name: string, attributes: Readonly<Record<string, string>>) => void;
  readonly text: (text: string) => void;
  readonly end: (name: string) => void;
}

/** The XML of a part broke: it ends early, it is not well-formed, or its octets are not what the archive says. */
export class BrokenXml extends Error {}

/** Yields after each piece, so that the caller can take what came of it. Throws BrokenXml. */
export async function* readXml(part: Readable, sink: XmlSink): AsyncGenerator<void> {
  const parser = new SaxesParser<{ xmlns: false; position: false }>({ xmlns: false, position: false });
  const fail = (): never => {
    throw new BrokenXml();
  };
  parser.on('error', fail);
  parser.on('doctype', fail);
  parser.on('opentag', ({ name, attributes }) => sink.begin(localName(name), attributes));
  parser.on('text', sink.text);
  parser.on('cdata', sink.text);
  parser.on('closetag', ({ name }) => sink.end(localName(name)));
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const piece of part as AsyncIterable<Buffer>) {
      parser.write(decoder.decode(piece, { stream: true }));
      yield;
    }
    parser.write(decoder.decode()).close();
    yield;
  } catch {
    throw new BrokenXml();
  } finally {
    part.destroy();
  }
}

/** For small parts: everything at once. */
export async function readWholeXml(part: Readable, sink: XmlSink): Promise<void> {
  const pieces = readXml(part, sink);
  while ((await pieces.next()).done !== true);
}

function localName(name: string): string {
  const colon = name.indexOf(':');
  return colon === -1 ? name : name.slice(colon + 1);
}
