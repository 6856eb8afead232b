/** Which CertIDs are answered beforehand: SHA-1 (RFC 5019 §2.1.1, nearly all clients) and SHA-256, as issuerForms counts. */
export const preparedForms = [0, 2] as const;
