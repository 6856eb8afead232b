/** What the portal's scripts need of a page. */
export function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}.`);
  return found;
}

export function input(id: string): HTMLInputElement {
  return element(id) as HTMLInputElement;
}

/** The sentences that the page brought for its script. */
export function wordsOfPage<Key extends string>(): Readonly<Record<Key, string>> {
  return JSON.parse(element('words').textContent) as Readonly<Record<Key, string>>;
}

export function showSentence(id: string, sentence: string): void {
  const place = element(id);
  place.textContent = sentence;
  place.hidden = sentence === '';
}

export interface Refused {
  /** The server's own sentence, in the visitor's language. */
  readonly refused: string;
}

/** POST of JSON to this origin. The server's refusal, or the one given for a server that does not answer. */
export async function post<T extends object>(path: string, body: object, unreachable: string): Promise<T | Refused> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  try {
    const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = (await answer.json()) as T & { title?: string };
    return answer.ok ? text : { refused: text.title ?? unreachable };
  } catch {
    return { refused: unreachable };
  }
}

export const isRefused = (answer: object): answer is Refused => 'refused' in answer;
