/**
 * A mail server that takes letters (just enough of RFC 5321, one message at a time), and can be away for a while. It refuses
 * nobody@… for good and full@… for now.
 */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface AnSmtpServer {
  readonly url: string;
  /** As they came: head, an empty line, the body in base64. */
  readonly received: readonly string[];
  /** Nobody answers at its port any more. */
  readonly goAway: () => Promise<void>;
  /** At the same port again. */
  readonly comeBack: () => Promise<void>;
}

export async function anSmtpServer(): Promise<AnSmtpServer> {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  const open = async (port: number): Promise<Server> => {
    const server = createServer(socket => {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
      speakSmtp(socket, received);
    }).listen(port);
    await once(server, 'listening');
    return server;
  };
  let server = await open(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `smtp://localhost:${port}`,
    received,
    goAway: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
    comeBack: async () => {
      server = await open(port);
    },
  };
}

function speakSmtp(socket: Socket, received: string[]): void {
  let message: string | null = null;
  socket.write('220 test\r\n');
  socket.on('data', chunk => {
    for (const line of chunk.toString().split('\r\n').slice(0, -1)) {
      if (message !== null && line !== '.') message += `${line}\n`;
      else if (message !== null) {
        received.push(message);
        message = null;
        socket.write('250 taken\r\n');
      } else if (line === 'DATA') {
        message = '';
        socket.write('354 go on\r\n');
      } else if (/^RCPT TO:<(nobody|full)@/.test(line)) {
        socket.write(line.includes('nobody') ? '550 5.1.1 no such mailbox\r\n' : '452 4.2.2 the mailbox is full\r\n');
      } else socket.write(line === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n');
    }
  });
}
