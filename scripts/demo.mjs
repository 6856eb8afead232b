import { enter } from './bootstrap/enter.mjs';

await enter('scripts/demo.js', ['openssl']);
