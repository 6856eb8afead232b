import { PkiError } from '../../ca-core/errors.ts';

/** The bounds of issue and taste: a photograph of a phone fits, a bomb does not. */
export const mostOctets = 10 * 1024 * 1024;
export const mostPixels = 60_000_000;

/** Damaged, or more than it says it is; `reason` is for the log, never personal. */
export const unsafe = (reason: string): PkiError => new PkiError('fileUnsafe', { reason });

/** Throws fileTooLarge, and fileUnsafe for a picture without a surface. */
export function checkSurface(width: number, height: number): void {
  if (width < 1 || height < 1) throw unsafe('surface');
  if (width * height > mostPixels) throw new PkiError('fileTooLarge', { limit: mostPixels });
}
