/** Two spellings side by side, with what differs between them set apart: what both have, in order, is the longest such. */
export interface TextPart {
  readonly text: string;
  readonly differs: boolean;
}

export interface MarkedPair {
  readonly claimed: readonly TextPart[];
  readonly registered: readonly TextPart[];
}

/** Longer texts are compared as wholes: nobody reads marks in them. */
const longest = 400;

export function markDifferences(claimed: string, registered: string): MarkedPair {
  const [one, other] = [Array.from(claimed), Array.from(registered)];
  if (one.length > longest || other.length > longest) {
    const differs = claimed !== registered;
    return { claimed: [{ text: claimed, differs }], registered: [{ text: registered, differs }] };
  }
  const lengths = commonLengths(one, other);
  const [shared, sharedOther] = [new Set<number>(), new Set<number>()];
  for (let i = 0, j = 0; i < one.length && j < other.length;) {
    if (one[i] === other[j]) {
      shared.add(i++);
      sharedOther.add(j++);
    } else if (lengthAt(lengths, i + 1, j) >= lengthAt(lengths, i, j + 1)) i++;
    else j++;
  }
  return { claimed: partsOf(one, shared), registered: partsOf(other, sharedOther) };
}

/** At [i][j]: how long the longest common subsequence is of what follows there. */
function commonLengths(one: readonly string[], other: readonly string[]): readonly (readonly number[])[] {
  const lengths = Array.from({ length: one.length + 1 }, () => new Array<number>(other.length + 1).fill(0));
  for (let i = one.length - 1; i >= 0; i--) {
    const row = lengths[i] ?? [];
    for (let j = other.length - 1; j >= 0; j--) {
      row[j] =
        one[i] === other[j]
          ? lengthAt(lengths, i + 1, j + 1) + 1
          : Math.max(lengthAt(lengths, i + 1, j), lengthAt(lengths, i, j + 1));
    }
  }
  return lengths;
}

const lengthAt = (lengths: readonly (readonly number[])[], i: number, j: number): number => lengths[i]?.[j] ?? 0;

function partsOf(characters: readonly string[], shared: ReadonlySet<number>): readonly TextPart[] {
  const parts: { text: string; differs: boolean }[] = [];
  characters.forEach((character, index) => {
    const differs = !shared.has(index);
    const last = parts.at(-1);
    if (last?.differs === differs) last.text += character;
    else parts.push({ text: character, differs });
  });
  return parts;
}
