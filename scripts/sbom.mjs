import { enter } from './bootstrap/enter.mjs';

await enter('scripts/sbom.js');
