/** What the server put into the page for its script, and how a script speaks to the person. */
export type Tone = 'plain' | 'good' | 'bad';

/** The JSON in the page's `#task`. */
export function readTask(): unknown {
  return JSON.parse(element('task').textContent);
}

export function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page lacks #${id}.`);
  return found;
}

export function say(id: string, sentence: string, tone: Tone = 'plain'): void {
  const place = element(id);
  place.textContent = sentence;
  place.className = `notice ${tone}`;
  place.hidden = false;
}

export type Answer<Result> = { readonly result: Result } | { readonly problem: string };

/** Posts JSON. A problem is the server's own sentence, or `unreachable`. */
export async function post<Result>(path: string, body: unknown, unreachable: string): Promise<Answer<Result>> {
  try {
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
    const answer = (await response.json()) as Result & { readonly title: string };
    return response.ok ? { result: answer } : { problem: answer.title };
  } catch {
    return { problem: unreachable };
  }
}
