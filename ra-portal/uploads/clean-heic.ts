import { checkSurface, unsafe } from './unsafe.ts';

/** A box of ISO/IEC 14496-12: `at` is where its content begins, `end` where it ends. */
interface Box {
  readonly type: string;
  readonly at: number;
  readonly end: number;
}

/** What items of a picture are made of; anything else (Exif, XMP as mime, …) is about the picture, not in it. */
const pictureItems = ['hvc1', 'grid', 'iden', 'iovl', 'av01', 'jpeg', 'tmap'];

/**
 * A HEIC file (ISO/IEC 23008-12) whose items besides the picture are overwritten with zeros: Exif with its place and
 * time, XMP. The boxes keep their places, so that every offset still holds. Throws fileUnsafe, fileTooLarge.
 */
export function cleanHeic(file: Buffer): Buffer {
  const boxes = boxesIn(file, 0, file.length);
  const known = ['ftyp', 'meta', 'mdat', 'free', 'skip', 'wide'];
  if (boxes.some(({ type }) => !known.includes(type))) throw unsafe('heic has a box that is no picture');
  const meta = boxes.filter(({ type }) => type === 'meta');
  const [only] = meta;
  if (only === undefined || meta.length !== 1) throw unsafe('heic has no picture');
  const inside = boxesIn(file, only.at + 4, only.end);
  checkSurfaces(file, inside);
  const clean = Buffer.from(file);
  for (const { type, at, end } of boxes)
    if (type === 'free' || type === 'skip' || type === 'wide') clean.fill(0, at, end);
  for (const { from, to } of hiddenExtents(file, inside)) clean.fill(0, from, to);
  return clean;
}

function boxesIn(file: Buffer, from: number, to: number): readonly Box[] {
  const boxes: Box[] = [];
  let at = from;
  while (at < to) {
    if (at + 8 > to) throw unsafe('heic box is damaged');
    const short = file.readUInt32BE(at);
    const isLong = short === 1;
    if (isLong && at + 16 > to) throw unsafe('heic box is damaged');
    const length = short === 0 ? to - at : isLong ? Number(file.readBigUInt64BE(at + 8)) : short;
    const content = at + (isLong ? 16 : 8);
    if (at + length > to || at + length < content) throw unsafe('heic box is damaged');
    boxes.push({ type: file.subarray(at + 4, at + 8).toString('latin1'), at: content, end: at + length });
    if (boxes.length > 2_000) throw unsafe('heic has too many boxes');
    at += length;
  }
  return boxes;
}

/** Every picture's size stands in an `ispe` property. */
function checkSurfaces(file: Buffer, meta: readonly Box[]): void {
  const properties = meta.find(({ type }) => type === 'iprp');
  const container = properties && boxesIn(file, properties.at, properties.end).find(({ type }) => type === 'ipco');
  const sizes = container
    ? boxesIn(file, container.at, container.end).filter(({ type, at, end }) => type === 'ispe' && end - at >= 12)
    : [];
  if (sizes.length === 0) throw unsafe('heic does not say how large it is');
  for (const { at } of sizes) checkSurface(file.readUInt32BE(at + 4), file.readUInt32BE(at + 8));
}

interface Extent {
  readonly from: number;
  readonly to: number;
}

function hiddenExtents(file: Buffer, meta: readonly Box[]): readonly Extent[] {
  const hidden = new Set(itemsOf(file, meta).flatMap(({ id, type }) => (pictureItems.includes(type) ? [] : [id])));
  const inside = meta.find(({ type }) => type === 'idat');
  return locationsOf(file, meta)
    .filter(({ id }) => hidden.has(id))
    .map(({ isInside, from, length }) => {
      const start = isInside ? (inside?.at ?? file.length) + from : from;
      if (start + length > file.length) throw unsafe('heic points outside itself');
      return { from: start, to: start + length };
    });
}

/** `iinf`: which items there are. */
function itemsOf(file: Buffer, meta: readonly Box[]): readonly { readonly id: number; readonly type: string }[] {
  const list = meta.find(({ type }) => type === 'iinf');
  if (list === undefined) throw unsafe('heic has no items');
  const head = file[list.at] === 0 ? 6 : 8;
  return boxesIn(file, list.at + head, list.end).map(({ type, at }) => {
    const version = file[at] ?? 0;
    if (type !== 'infe' || version < 2) throw unsafe('heic has items of an old kind');
    const isWide = version > 2;
    const id = isWide ? file.readUInt32BE(at + 4) : file.readUInt16BE(at + 4);
    const kind = at + (isWide ? 10 : 8);
    return { id, type: file.subarray(kind, kind + 4).toString('latin1') };
  });
}

interface Location {
  readonly id: number;
  /** Of the `idat` box, not of the file. */
  readonly isInside: boolean;
  readonly from: number;
  readonly length: number;
}

/** `iloc`: where each item lies. */
function locationsOf(file: Buffer, meta: readonly Box[]): readonly Location[] {
  const box = meta.find(({ type }) => type === 'iloc');
  if (box === undefined) throw unsafe('heic does not say where its items are');
  const read = cursorOver(file, box);
  const version = read(1);
  read(3);
  const [sizes, bases] = [read(1), read(1)];
  const count = read(version === 2 ? 4 : 2);
  const locations: Location[] = [];
  for (let item = 0; item < count; item += 1) {
    const id = read(version === 2 ? 4 : 2);
    const isInside = version === 0 ? false : (read(2) & 15) === 1;
    read(2);
    const base = read(bases >> 4);
    const extents = read(2);
    for (let extent = 0; extent < extents; extent += 1) {
      if (version > 0) read(bases & 15);
      const from = base + read(sizes >> 4);
      locations.push({ id, isInside, from, length: read(sizes & 15) });
    }
  }
  return locations;
}

/** Reads numbers of 0, 1, 2, 3, 4 or 8 octets, one after the other, and never past the box. */
function cursorOver(file: Buffer, { at: start, end }: Box): (octets: number) => number {
  let at = start;
  return octets => {
    if (at + octets > end || octets > 8) throw unsafe('heic item is damaged');
    const value = octets === 0 ? 0 : octets === 8 ? Number(file.readBigUInt64BE(at)) : file.readUIntBE(at, octets);
    at += octets;
    return value;
  };
}
