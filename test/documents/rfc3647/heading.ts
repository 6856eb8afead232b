/** A heading of RFC 3647 §6: its number, its title, and the title as the Japanese edition words it. */
export type Heading = readonly [number: string, en: string, ja: string];
