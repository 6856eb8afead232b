/** A connection to a token that is made again whenever it was lost, and says how it is. */
import { setTimeout as pause } from 'node:timers/promises';
import { PkiError } from '../errors.ts';
import { Connection } from './pkcs11-connection.ts';
import { fail, failureOf } from './pkcs11-failure.ts';
import type { Answers, Wish } from './pkcs11-messages.ts';
import { openPinGuard, type PinGuard } from './pkcs11-pin.ts';
import type { KeyStoreHealth } from './key-store.ts';
import type { Pkcs11Location } from './pkcs11-uri.ts';

export const mostSessions = 64;

export interface StandingSettings extends Pkcs11Location {
  /** How many signatures at once, 1 to 64. The token's program has as many calls in flight where UV_THREADPOOL_SIZE lets it. */
  readonly sessions: number;
  /** A file of the CA's own in which a refused PIN is remembered over a restart. */
  readonly pinMemory?: string;
}

/** Milliseconds before each new try; the last one from then on. */
const rests = [250, 500, 1000, 2000, 4000];
/** Milliseconds between looks at a token that has nothing to do. */
const checkEvery = 2000;

/** Milliseconds between looks whether another program has logged in, and how long it is waited for: who asks waits too. */
const glance = 50;
const longestWait = { first: 9000, again: 1500 } as const;

/** Nothing is started before the first wish. */
export class StandingConnection {
  readonly #settings: StandingSettings;
  readonly #pin: PinGuard;
  readonly #expected = new Set<string>();
  #connection: Connection | undefined;
  #attempt: Promise<Connection> | undefined;
  #isUp = false;
  #hasBeenUp = false;
  #reason = 'not connected yet';
  #tries = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(settings: StandingSettings) {
    this.#settings = settings;
    this.#pin = openPinGuard(settings.pinFile, settings.pinMemory);
  }

  /** Throws tokenUnavailable {reason}, at once while the token is away; and what `refusal` makes of a wish it will not do. */
  async ask<W extends Wish>(wish: W, refusal: (reason: string) => PkiError): Promise<Answers[W['do']]> {
    try {
      const connection = this.#isUp ? this.#connection : await this.#connecting();
      if (connection === undefined) throw fail('lost', this.#reason);
      return await connection.ask(wish);
    } catch (error) {
      const { kind, reason } = failureOf(error);
      throw kind === 'refused' ? refusal(reason) : new PkiError('tokenUnavailable', { reason });
    }
  }

  /** From now on a token without the key of this CKA_ID (hex) counts as away. */
  expect(id: string): void {
    this.#expected.add(id);
  }

  health(): KeyStoreHealth {
    return this.#isUp ? { state: 'green', reason: '' } : { state: 'red', reason: this.#reason };
  }

  close(): void {
    this.#isClosed = true;
    this.#reason = 'closed';
    clearTimeout(this.#timer);
    this.#connection?.end(fail('lost', 'closed'));
  }

  #connecting(): Promise<Connection> {
    if (this.#attempt !== undefined) return this.#attempt;
    if (this.#timer !== undefined || this.#isClosed) throw fail('lost', this.#reason);
    return this.#connect();
  }

  #connect(): Promise<Connection> {
    this.#timer = undefined;
    const attempt = this.#login();
    this.#attempt = attempt;
    attempt.then(
      () => (this.#attempt = undefined),
      (error: unknown) => {
        this.#attempt = undefined;
        if (this.#timer === undefined) this.#rest(failureOf(error).reason);
      },
    );
    return attempt;
  }

  async #login(): Promise<Connection> {
    await this.#takePin();
    const { module, token, pinFile, sessions } = this.#settings;
    const connection = new Connection({ sessions, lost: failure => this.#lost(failure) });
    this.#connection = connection;
    try {
      await connection.ask({ do: 'connect', module, token, pinFile, sessions, expected: [...this.#expected] });
      this.#pin.end('accepted');
    } catch (error) {
      const { kind, reason } = failureOf(error);
      connection.end(fail(kind, reason));
      this.#pin.end(kind === 'pin' ? 'refused' : 'unknown');
      throw error;
    }
    this.#isUp = true;
    this.#hasBeenUp = true;
    this.#tries = 0;
    this.#checkLater(connection);
    return connection;
  }

  /** Waits while another program of this CA logs in: if it is refused, the PIN must not be tried here as well. */
  async #takePin(): Promise<void> {
    const longest = this.#hasBeenUp ? longestWait.again : longestWait.first;
    let may = this.#pin.begin();
    for (let waited = 0; may === 'busy' && waited < longest; waited += glance) {
      await pause(glance);
      may = this.#pin.begin();
    }
    if (may === 'try') return;
    const { pinFile } = this.#settings;
    const refused = `the token refused the PIN, which is not tried again before ${pinFile} changes`;
    throw fail('pin', may === 'refused' ? refused : 'another program of this CA is logging in');
  }

  #lost({ message }: Error): void {
    this.#connection = undefined;
    this.#isUp = false;
    this.#rest(message);
  }

  #rest(reason: string): void {
    if (this.#isClosed) return;
    this.#reason = reason;
    const rest = rests[Math.min(this.#tries, rests.length - 1)];
    this.#tries += 1;
    this.#timer = setTimeout(() => void this.#connect().catch(() => undefined), rest).unref();
  }

  #checkLater(connection: Connection): void {
    const check = (): Promise<void> =>
      connection.ask({ do: 'check', expected: [...this.#expected] }).then(
        () => this.#checkLater(connection),
        () => undefined,
      );
    setTimeout(() => void check(), checkEvery).unref();
  }
}
