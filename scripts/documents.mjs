import { enter } from './bootstrap/enter.mjs';

await enter('scripts/documents.js');
