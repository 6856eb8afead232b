/** A time server over UDP (RFC 4330) whose clock is ahead of the machine's by as much as it is told. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface TimeServer {
  readonly port: number;
  readonly beAhead: (seconds: number) => void;
  /** What it says of itself: 16 and 0 are no time at all. */
  readonly beOfStratum: (stratum: number) => void;
  readonly close: () => void;
}

export async function aTimeServer(): Promise<TimeServer> {
  let ahead = 0;
  let stratum = 2;
  const socket = createSocket('udp4');
  socket.on('message', (question, { port, address }) => {
    const answer = Buffer.alloc(48);
    answer.writeUInt8(0x24, 0);
    answer.writeUInt8(stratum, 1);
    question.copy(answer, 24, 40, 48);
    for (const at of [32, 40]) {
      const now = Date.now() / 1000 + ahead + 2_208_988_800;
      answer.writeUInt32BE(Math.floor(now) % 2 ** 32, at);
      answer.writeUInt32BE(Math.floor((now % 1) * 2 ** 32), at + 4);
    }
    socket.send(answer, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    beAhead: seconds => (ahead = seconds),
    beOfStratum: number => (stratum = number),
    close: () => socket.close(),
  };
}
