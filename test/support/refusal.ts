import { PkiError, type PkiErrorCode } from '../../ca-core/errors.ts';

/** The refusal that `act` throws; anything else that is thrown comes through, and not throwing is undefined. */
export function refusalOf(act: () => unknown): PkiError | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof PkiError) return error;
    throw error;
  }
}

export async function refusalFrom(
  promise: Promise<unknown>,
): Promise<{ code: PkiErrorCode; values: object } | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (error instanceof PkiError) return { code: error.code, values: error.values };
    throw error;
  }
}
