/** A connection to a token that is made again whenever it was lost, and says how it is. */
import { PkiError } from '../errors.ts';
import { Connection } from './pkcs11-connection.ts';
import { fail, failureOf } from './pkcs11-failure.ts';
import type { Answers, Wish } from './pkcs11-messages.ts';
import { openPinGuard, type PinGuard } from './pkcs11-pin.ts';
import type { KeyStoreHealth } from './key-store.ts';
import type { Pkcs11Location } from './pkcs11-uri.ts';

export interface StandingSettings extends Pkcs11Location {
  /** How many signatures at once, 1 to 4: as many calls as the token's program can have in flight. */
  readonly sessions: number;
  /** A file of the CA's own in which a refused PIN is remembered over a restart. */
  readonly pinMemory?: string;
}

/** Milliseconds before each new try; the last one from then on. */
const rests = [250, 500, 1000, 2000, 4000];
/** Milliseconds between looks at a token that has nothing to do. */
const checkEvery = 2000;

/** Nothing is started before the first wish. */
export class StandingConnection {
  readonly #settings: StandingSettings;
  readonly #pin: PinGuard;
  readonly #expected = new Set<string>();
  #connection: Connection | undefined;
  #attempt: Promise<Connection> | undefined;
  #isUp = false;
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
    if (!this.#pin.mayTry()) {
      const reason = `the token refused the PIN, which is not tried again before ${this.#settings.pinFile} changes`;
      this.#rest(reason);
      return Promise.reject(fail('pin', reason));
    }
    const attempt = this.#login();
    this.#attempt = attempt;
    attempt.catch(() => undefined).finally(() => (this.#attempt = undefined));
    return attempt;
  }

  async #login(): Promise<Connection> {
    const { module, token, pinFile, sessions } = this.#settings;
    const connection = new Connection({ sessions, lost: failure => this.#lost(failure) });
    this.#connection = connection;
    try {
      await connection.ask({ do: 'connect', module, token, pinFile, sessions, expected: [...this.#expected] });
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind === 'pin') this.#pin.refused();
      connection.end(fail(failure.kind, failure.reason));
      throw error;
    }
    this.#pin.accepted();
    this.#isUp = true;
    this.#tries = 0;
    this.#checkLater(connection);
    return connection;
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
