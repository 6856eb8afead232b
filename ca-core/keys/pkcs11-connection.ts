/** One run of the token's program, seen from the CA core: what it is asked, how long it may take, and its end. */
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../project-root.ts';
import { fail, TokenFailure } from './pkcs11-failure.ts';
import type { Answers, Reply, Wish } from './pkcs11-messages.ts';

/** Services run compiled, and so does this program, whoever starts it. */
const program = join(projectRoot, 'dist', 'ca-core', 'keys', 'pkcs11-program.js');

/** Seconds that a wish may take once it was sent; a token that takes longer hangs. */
const limits: Readonly<Record<Wish['do'], number>> = { connect: 8, find: 5, generate: 180, sign: 5, check: 4 };

/** How many wishes are sent ahead for each session, so that none waits for a message. */
const ahead = 4;

/** Milliseconds between looks for what is overdue. */
const glance = 250;

export interface ConnectionSettings {
  readonly sessions: number;
  /** Called once, when the program has ended or was ended because it is of no more use. */
  readonly lost: (failure: TokenFailure) => void;
}

interface Asked {
  readonly number: number;
  readonly wish: Wish;
  readonly resolve: (answer: never) => void;
  readonly reject: (failure: TokenFailure) => void;
}

/** The program ends with this one at the latest, and with the first failure that means a lost token. */
export class Connection {
  readonly #child: ChildProcess;
  readonly #settings: ConnectionSettings;
  readonly #waiting: Asked[] = [];
  readonly #sent = new Map<number, Asked>();
  /** When each sent wish is overdue, in milliseconds of the monotonic clock. */
  readonly #due = new Map<number, number>();
  readonly #watch: NodeJS.Timeout;
  #lookedAt = performance.now();
  #last = 0;
  #over: TokenFailure | undefined;
  #isFlushing = false;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    this.#child = fork(program, [], {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('message', (replies: readonly Reply[]) => this.#receive(replies));
    this.#child.on('error', error => this.end(fail('lost', error.message)));
    this.#child.on('exit', (code, signal) =>
      this.end(fail('lost', `the token's program ended: ${signal ?? code ?? ''}`)),
    );
    this.#watch = setInterval(() => this.#look(), glance).unref();
  }

  /** Throws TokenFailure. */
  ask<W extends Wish>(wish: W): Promise<Answers[W['do']]> {
    return new Promise((resolve, reject) => {
      this.#last += 1;
      const asked = { number: this.#last, wish, resolve, reject };
      if (this.#over === undefined) this.#enqueue(asked);
      else reject(this.#over);
    });
  }

  /** Everything asked fails for the same reason. */
  end(failure: TokenFailure): void {
    if (this.#over !== undefined) return;
    this.#over = failure;
    clearInterval(this.#watch);
    this.#child.kill('SIGKILL');
    for (const asked of [...this.#sent.values(), ...this.#waiting]) asked.reject(failure);
    this.#settings.lost(failure);
  }

  /** What is asked in one turn of the event loop travels in one message. */
  #enqueue(asked: Asked): void {
    this.#waiting.push(asked);
    this.#keepAwake();
    if (!this.#isFlushing) queueMicrotask(() => this.#flush());
    this.#isFlushing = true;
  }

  #flush(): void {
    this.#isFlushing = false;
    const room = this.#settings.sessions * ahead - this.#sent.size;
    const now = this.#waiting.splice(0, Math.max(0, room));
    if (now.length === 0 || this.#over !== undefined) return;
    for (const asked of now) {
      this.#sent.set(asked.number, asked);
      this.#due.set(asked.number, dueAt(asked.wish));
    }
    this.#child.send(
      now.map(({ number, wish }) => ({ number, wish })),
      error => (error === null ? undefined : this.end(fail('lost', error.message))),
    );
  }

  #receive(replies: readonly Reply[]): void {
    for (const { number, answer, failure } of replies) {
      const asked = this.#sent.get(number);
      this.#sent.delete(number);
      this.#due.delete(number);
      if (failure === undefined) asked?.resolve(answer as never);
      else asked?.reject(new TokenFailure(failure));
      if (failure?.kind === 'lost') this.end(new TokenFailure(failure));
    }
    this.#flush();
    this.#keepAwake();
  }

  /** When this thread itself was held up, answers may lie unread; and a token that makes a key may do nothing beside. */
  #look(): void {
    const now = performance.now();
    const heldUp = now - this.#lookedAt > 4 * glance ? now - this.#lookedAt : 0;
    this.#lookedAt = now;
    const isGenerating = [...this.#sent.values()].some(({ wish }) => wish.do === 'generate');
    for (const { number, wish } of this.#sent.values()) {
      const due = isGenerating && wish.do !== 'generate' ? dueAt(wish) : (this.#due.get(number) ?? 0) + heldUp;
      this.#due.set(number, due);
      if (due < now) this.end(fail('lost', `the token gave no answer within ${limits[wish.do]} s`));
    }
  }

  /** While nothing is asked, a key store that somebody forgot to close does not keep a program alive. */
  #keepAwake(): void {
    const change = this.#sent.size + this.#waiting.length > 0 ? 'ref' : 'unref';
    this.#child[change]();
    this.#child.channel?.[change]();
  }
}

const dueAt = (wish: Wish): number => performance.now() + limits[wish.do] * 1000;
