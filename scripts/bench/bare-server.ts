/**
 * The yardstick for answers: node:http reads the whole request and gives one fixed body, the size of an OCSP answer.
 * Arguments: port, size of the body. Ends when the command that started it does.
 */
import { createServer } from 'node:http';

const [port = '0', size = '1500'] = process.argv.slice(2);
const body = Buffer.alloc(Number(size), 7);
const headers = { 'content-type': 'application/ocsp-response', 'content-length': body.length };

createServer((request, response) => {
  request.on('data', () => undefined).on('end', () => response.writeHead(200, headers).end(body));
}).listen(Number(port), 'localhost', () => console.log('bare-server ready'));

process.on('disconnect', () => process.exit(0));
