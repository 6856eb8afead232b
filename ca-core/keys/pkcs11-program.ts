/** A program of its own that holds the token, so that a PKCS#11 library that hangs or crashes takes nothing with it. */
import { Worker } from 'node:worker_threads';
import { failureOf, fail } from './pkcs11-failure.ts';
import type { Answers, Reply, Request, Wish } from './pkcs11-messages.ts';
import { openToken, type Token } from './pkcs11-token.ts';

let token: Token | undefined;
let replies: Reply[] = [];

process.on('message', (requests: readonly Request[]) => {
  for (const { number, wish } of requests) {
    answer(wish).then(
      given => reply({ number, answer: given }),
      (error: unknown) => reply({ number, failure: failureOf(error) }),
    );
  }
});
// Who started this program ends it, and its end is the end of this: a plain exit would wait for a call that hangs.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// A library that hangs on this very thread keeps that event from being heard; another thread looks whether the parent changed.
new Worker(
  `const parent = process.ppid;
   setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), 1000);`,
  { eval: true },
).unref();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

async function answer(wish: Wish): Promise<Answers[keyof Answers]> {
  if (wish.do === 'connect') {
    token = openToken(wish);
    return null;
  }
  if (token === undefined) throw fail('lost', 'not connected');
  switch (wish.do) {
    case 'find':
      return token.find(wish.label);
    case 'generate':
      return token.generate(wish.label, wish.algorithm);
    case 'sign':
      return token.sign(wish);
    case 'check':
      token.check(wish.expected);
      return null;
  }
}

function reply(one: Reply): void {
  if (replies.length === 0) setImmediate(send);
  replies.push(one);
}

function send(): void {
  process.send?.(replies);
  replies = [];
}
