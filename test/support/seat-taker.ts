/** `node seat-taker.js FOLDER`: takes the only seat, says so, and sits there. */
import { takeSeat } from '../../ca-core/home/lock.ts';

takeSeat(process.argv[2] ?? '');
process.send?.('seated');
setInterval(() => undefined, 60_000);
