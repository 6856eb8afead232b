const compiled = new Map<string, RegExp>();

/** Whether the whole value is made as the profile's regular expression says; without one nothing fits. */
export function fitsAlphabet(value: string, alphabet: string | undefined): boolean {
  if (alphabet === undefined) return false;
  const expression = compiled.get(alphabet) ?? new RegExp(`^(?:${alphabet})$`, 'u');
  compiled.set(alphabet, expression);
  return expression.test(value);
}
