import { PkiError } from '../../ca-core/errors.ts';

/** gone: pulled, or never there; put it in again. unfit: it is there and refuses; another token, or a person, is needed. */
export type TokenTrouble = 'gone' | 'unfit';

export function troubleWith(what: TokenTrouble, reason: string): PkiError {
  return new PkiError('tokenUnavailable', { what, reason });
}

/** What a module throws, sorted into gone and unfit; our own refusals pass. Throws tokenUnavailable {what, reason}. */
export function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof PkiError) throw error;
    const text = error instanceof Error ? error.message : String(error);
    // The name of the PKCS#11 error, and nothing that was passed in.
    const reason = /CKR_[A-Z_]+/.exec(text)?.[0] ?? 'the PKCS#11 module failed';
    throw troubleWith(gone.test(text) ? 'gone' : 'unfit', reason);
  }
}

const gone = new RegExp(
  `CKR_(?:${[
    'DEVICE_REMOVED',
    'DEVICE_ERROR',
    'TOKEN_NOT_(?:PRESENT|RECOGNIZED)',
    'SESSION_(?:HANDLE_INVALID|CLOSED)',
    'OBJECT_HANDLE_INVALID',
    'SLOT_ID_INVALID',
    'GENERAL_ERROR',
  ].join('|')})\\b`,
);
