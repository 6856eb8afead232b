/** Japanese first; a catalogue that lacks what the other has does not compile. */
export type Language = 'ja' | 'en';
