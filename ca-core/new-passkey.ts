import { z } from './schema.ts';

/** As every page sends a passkey that a browser just made: base64url id, DER SubjectPublicKeyInfo in hex. */
export const newPasskey = z.strictObject({
  credentialId: z
    .string()
    .min(8)
    .max(1400)
    .regex(/^[A-Za-z0-9_-]+$/),
  publicKey: z
    .string()
    .max(4096)
    .regex(/^([0-9a-f]{2})+$/),
});
