/** The letters that wait: whose they are is told to this tab alone. */
import { askHere } from './own.ts';

const place = document.getElementById('waiting');
const answer = await askHere('/letters/waiting');
if (answer.ok && place !== null) place.innerHTML = await answer.text();
