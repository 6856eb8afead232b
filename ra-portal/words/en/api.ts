import type { api as ja } from '../ja/api.ts';

export const api: Readonly<Record<keyof typeof ja, string>> = {
  'api.requestMalformed': 'The request cannot be taken as it is. The member errors says where.',
  'api.notPermitted': 'These credentials do not reach this.',
  'api.tooManyAttempts': 'Too many requests. Please wait {seconds} seconds.',
  'api.applicationState': 'The application is not at a stage where this can be done. Please fetch it again.',
  'api.fieldInvalid': 'A field is not right. The member errors says which.',
  'api.fieldMissing': 'A field is missing. The member errors says which.',
  'api.requestTooLarge': 'The body is too large. The limit is 64 kB.',
  'api.internalError': 'Something went wrong inside. Please send it again later, with the same Idempotency-Key.',
  'error.pageUnknown': 'There is nothing at this address.',
  'error.fieldUnknown': 'There is no such field here.',
};
