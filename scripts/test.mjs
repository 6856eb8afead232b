import { prove } from './bootstrap/proof.mjs';

const long = process.argv.includes('--long');

await prove({
  packages: ['chromium', 'fonts-noto-cjk', 'gnutls-bin', 'openssl', 'slapd', 'softhsm2', 'wrk'],
  env: long ? { KAKUIN_LONG: '1' } : {},
  vitest: process.argv.slice(2).filter(word => word !== '--long'),
});
