import { enter } from './bootstrap/enter.mjs';

await enter('scripts/start.js');
