/** Programs that are killed, and things that leave, at any call. */

export class Killed extends Error {}

/** What happens instead of, or right after, one of these calls: called before and after each, it may throw. */
export type Mishap = () => void;

/** Every call of it may be the last one, before or after it did what it should; so may those of what `open` answers. */
export function interrupted<T extends object>(what: T, mishap: Mishap): T {
  return new Proxy(what, {
    get: (target, name, receiver) => {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        mishap();
        const answer: unknown = Reflect.apply(member, target, args);
        if (answer instanceof Promise) {
          return answer.then((value: unknown) => {
            mishap();
            return value;
          });
        }
        mishap();
        return name === 'open' ? interrupted(answer as object, mishap) : answer;
      };
    },
  });
}

/** mulberry32: the same interruptions each time. */
export function drawing(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
