/** Readers and what lies on them: the seam between the cards' own words and PC/SC. */

export interface CardConnection {
  /** The reader's name. */
  readonly reader: string;
  /** Answer To Reset, hex. */
  readonly atr: string;
  /** Sends an APDU; the answer with its status word. Throws cardGone where the card has left the field. */
  readonly transmit: (apdu: Uint8Array) => Promise<Uint8Array>;
  readonly close: () => void;
}

export interface CardReaders {
  /** Their names, as PC/SC has them. */
  readonly names: () => readonly string[];
  /** Waits until a card lies on one of these readers (all where none is named) and connects to it. Throws cardGone when aborted. */
  readonly nextCard: (wish?: CardWish) => Promise<CardConnection>;
  /** Waits until nothing lies on that reader. */
  readonly emptied: (reader: string, signal?: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface CardWish {
  readonly reader?: string;
  readonly signal?: AbortSignal;
}
