/** What is used of libheif-js, which describes the C functions and not these. */
declare module 'libheif-js/wasm-bundle.js' {
  export interface HeifPixels {
    readonly data: Uint8ClampedArray;
    readonly width: number;
    readonly height: number;
  }
  export interface HeifImage {
    readonly get_width: () => number;
    readonly get_height: () => number;
    readonly is_primary: () => boolean;
    /** Fills `pixels` with RGBA, turned and cropped as the file says; null where the picture cannot be decoded. */
    readonly display: (pixels: HeifPixels, done: (pixels: HeifPixels | null) => void) => void;
  }
  const libheif: {
    readonly HeifDecoder: new () => {
      /** Every top-level picture; none for what is no HEIF file. */
      readonly decode: (file: Uint8Array) => readonly HeifImage[];
    };
  };
  export default libheif;
}
