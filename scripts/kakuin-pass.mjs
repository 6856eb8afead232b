import { enter } from './bootstrap/enter.mjs';

await enter('scripts/kakuin-pass.js');
