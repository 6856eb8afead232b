/** Services that say every few seconds how they are; the rest of the states are told when they change, or once a night. */
export const beatingServices = ['ca-core', 'ocsp-responder', 'crl-publisher', 'ra-portal', 'monitor'] as const;

/** Told once a night. */
export const nightlyServices = ['keys-audit', 'reconcile'] as const;

export const isNightly = (service: string): boolean => nightlyServices.some(name => name === service);

/** The CA core's further workers are `ca-core 2` and on. */
export const isBeating = (service: string): boolean =>
  beatingServices.some(name => name === service.replace(/ \d+$/, ''));
