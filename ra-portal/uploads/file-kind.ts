/** What a file is, by its octets and by nothing else: neither its name nor what a browser says of it counts. */
export const fileKinds = ['pdf', 'jpeg', 'png', 'heic'] as const;
export type FileKind = (typeof fileKinds)[number];

export const mediaTypeOf: Readonly<Record<FileKind, string>> = {
  pdf: 'application/pdf',
  jpeg: 'image/jpeg',
  png: 'image/png',
  heic: 'image/heic',
};

const heicBrands = ['heic', 'heix', 'heim', 'heis', 'mif1'];

/** Null for everything else. */
export function fileKindOf(file: Buffer): FileKind | null {
  if (file.subarray(0, 5).equals(Buffer.from('%PDF-'))) return 'pdf';
  if (file.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) return 'jpeg';
  if (file.subarray(0, 8).equals(pngSignature)) return 'png';
  const isIsoFile = file.subarray(4, 8).toString('latin1') === 'ftyp';
  return isIsoFile && heicBrands.includes(file.subarray(8, 12).toString('latin1')) ? 'heic' : null;
}

export const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
