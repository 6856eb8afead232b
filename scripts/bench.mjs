import { enter } from './bootstrap/enter.mjs';

await enter('scripts/bench.js', ['softhsm2', 'wrk']);
