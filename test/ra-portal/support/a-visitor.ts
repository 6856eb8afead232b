import request, { type Agent } from 'supertest';

/** What a browser sends besides: its origin with everything but GET, its cookies, and what it would like to get. */
export interface Visitor {
  readonly agent: Agent;
  readonly json: (path: string, body: object, language?: 'ja' | 'en') => request.Test;
  /** Sends a form, with the token that the page of `from` holds. */
  readonly form: (path: string, fields: Readonly<Record<string, string>>, from?: string) => Promise<request.Response>;
  readonly page: (path: string, language?: 'ja' | 'en') => request.Test;
  readonly look: (path: string) => request.Test;
}

export function visitorOf(url: string): Visitor {
  const agent = request.agent(url);
  const page = (path: string, language: 'ja' | 'en' = 'ja'): request.Test =>
    agent.get(path).set('Accept', 'text/html').set('Accept-Language', language);
  return {
    agent,
    page,
    look: path => agent.get(path).set('Accept', 'application/json'),
    json: (path, body, language = 'ja') =>
      agent.post(path).set({ Origin: url, Accept: 'application/json', 'Accept-Language': language }).send(body),
    form: async (path, fields, from = '/apply') => {
      const formToken = /name="formToken" value="([^"]+)"/.exec((await page(from)).text)?.[1] ?? '';
      return agent
        .post(path)
        .set({ Origin: url, Accept: 'text/html' })
        .type('form')
        .send({ ...fields, formToken });
    },
  };
}
