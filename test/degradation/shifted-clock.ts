/** Loaded before a service (NODE_OPTIONS=--import): its clock is the machine's and as many milliseconds as a file says. */
import { readFileSync } from 'node:fs';

const file = process.env['KAKUIN_TEST_CLOCK'];
const machine = Date.now.bind(Date);

if (file !== undefined) Date.now = () => machine() + Number(readFileSync(file, 'utf8'));
