/** Code units gathered without a string for each. */
export class UnitBuffer {
  #units: Uint16Array;
  #length = 0;
  #text = '';

  constructor(capacity: number) {
    this.#units = new Uint16Array(Math.max(16, Math.min(8_192, Math.ceil(capacity))));
  }

  add(unit: number): void {
    if (this.#length === this.#units.length) this.#flush();
    this.#units[this.#length++] = unit;
  }

  addCode(code: number): void {
    if (code >= 0x1_0000) {
      this.add(0xd800 + ((code - 0x1_0000) >> 10));
      this.add(0xdc00 + ((code - 0x1_0000) & 0x3ff));
    } else this.add(code);
  }

  addText(text: string): void {
    this.#flush();
    this.#text += text;
  }

  text(): string {
    this.#flush();
    return this.#text;
  }

  #flush(): void {
    this.#text += String.fromCharCode(...this.#units.subarray(0, this.#length));
    this.#length = 0;
  }
}
