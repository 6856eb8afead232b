import { prove } from './bootstrap/proof.mjs';

const long = process.argv.includes('--long');

await prove({
  packages: [
    'chromium',
    'default-jre-headless',
    'fonts-noto-cjk',
    'gnutls-bin',
    'iproute2',
    'libnss3-tools',
    'libpcsclite-dev',
    'nginx',
    'openssl',
    'pcscd',
    'slapd',
    'softhsm2',
    'systemd',
    'vsmartcard-vpcd',
    'wrk',
  ],
  env: long ? { KAKUIN_LONG: '1' } : {},
  vitest: process.argv.slice(2).filter(word => word !== '--long'),
});
