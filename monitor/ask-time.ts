/** How far this machine's clock is off by a time server's: one exchange of SNTP (RFC 4330 §5). */
import { createSocket } from 'node:dgram';
import { preciseNow } from '../ca-core/clock.ts';

/** Seconds between 1900, where NTP counts from, and 1970. */
const epoch = 2_208_988_800;
const packetLength = 48;

/** Seconds that the server is ahead of this machine. Throws where no answer to be believed comes in time. */
export function askTime(
  { host, port }: { readonly host: string; readonly port: number },
  within: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const timer = setTimeout(() => end(() => reject(new Error('no answer'))), within * 1000);
    const end = (tell: () => void): void => {
      clearTimeout(timer);
      socket.close();
      tell();
    };
    const question = Buffer.alloc(packetLength);
    // No leap warning, version 4, client.
    question[0] = 0x23;
    const sentAt = preciseNow();
    writeTime(question, 40, sentAt);
    socket.once('error', error => end(() => reject(error)));
    socket.on('message', answer => {
      const offset = offsetIn(answer, question, sentAt);
      if (offset !== undefined) end(() => resolve(offset));
    });
    socket.send(question, port, host, error => error !== null && end(() => reject(error)));
  });
}

/** Undefined for what is no answer to this question, or of a server that has no time itself. */
function offsetIn(answer: Buffer, question: Buffer, sentAt: number): number | undefined {
  if (answer.length < packetLength) return undefined;
  const [first = 0, stratum = 0] = answer;
  const isAnswer = (first & 7) === 4 && first >> 6 !== 3 && stratum > 0 && stratum < 16;
  if (!isAnswer || answer.compare(question, 40, 48, 24, 32) !== 0) return undefined;
  const receivedAt = preciseNow();
  return (readTime(answer, 32) - sentAt + (readTime(answer, 40) - receivedAt)) / 2;
}

function writeTime(packet: Buffer, at: number, unixTime: number): void {
  const whole = Math.floor(unixTime);
  packet.writeUInt32BE((whole + epoch) % 2 ** 32, at);
  packet.writeUInt32BE(Math.floor((unixTime - whole) * 2 ** 32), at + 4);
}

/** The era that begins in 2036 is told by the first bit (RFC 4330 §3). */
function readTime(packet: Buffer, at: number): number {
  const seconds = packet.readUInt32BE(at);
  const era = seconds < 2 ** 31 ? 2 ** 32 : 0;
  return seconds + era - epoch + packet.readUInt32BE(at + 4) / 2 ** 32;
}
