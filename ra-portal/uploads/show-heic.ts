import { encode } from 'jpeg-js';
import libheif, { type HeifImage, type HeifPixels } from 'libheif-js/wasm-bundle.js';
import { checkSurface, unsafe } from './unsafe.ts';

/** Of 100: the small print on a card stays legible. */
const quality = 88;

/**
 * The picture of a HEIC file as a JPEG, which browsers draw: the right way up, and nothing but pixels. The decoder is
 * libheif in WebAssembly: what breaks it reaches no memory but its own. Throws fileUnsafe, fileTooLarge.
 */
export async function showHeic(file: Buffer): Promise<Buffer> {
  const images = new libheif.HeifDecoder().decode(file);
  const image = images.find(one => one.is_primary()) ?? images[0];
  if (image === undefined) throw unsafe('heic has no picture that can be read');
  const pixels = await pixelsOf(image);
  if (pixels === null) throw unsafe('heic picture cannot be decoded');
  return encode(pixels, quality).data;
}

/** Null where decoding fails. */
function pixelsOf(image: HeifImage): Promise<HeifPixels | null> {
  const [width, height] = [image.get_width(), image.get_height()];
  checkSurface(width, height);
  return new Promise(resolve =>
    image.display({ width, height, data: new Uint8ClampedArray(width * height * 4) }, resolve),
  );
}
