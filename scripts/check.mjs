import { prove } from './bootstrap/proof.mjs';

/** What takes long: the browser, the kills, the whole platform. */
const slow = ['test/journeys/**', 'test/faults/**', 'test/scripts/**', 'test/issuing-station/**', 'test/pass/**'];

await prove({ packages: ['openssl'], vitest: slow.flatMap(pattern => ['--exclude', pattern]) });
