import { prove } from './bootstrap/proof.mjs';

const long = process.argv.includes('--long');

await prove({
  packages: [
    'chromium',
    'default-jre-headless',
    'fonts-noto-cjk',
    'gnutls-bin',
    'libnss3-tools',
    'libpcsclite-dev',
    'openssl',
    'pcscd',
    'slapd',
    'softhsm2',
    'vsmartcard-vpcd',
    'wrk',
  ],
  env: long ? { KAKUIN_LONG: '1' } : {},
  vitest: process.argv.slice(2).filter(word => word !== '--long'),
});
