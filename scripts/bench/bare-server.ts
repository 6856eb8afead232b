/**
 * The yardstick for answers: a cluster of node:http servers that read the whole request and give one fixed body, the
 * size of an OCSP answer. Arguments: port, size of the body, workers. Ends when the command that started it does.
 */
import cluster from 'node:cluster';
import { createServer } from 'node:http';

const [port = '0', size = '1500', workers = '2'] = process.argv.slice(2);

if (cluster.isPrimary) lead();
else serve();

function lead(): void {
  let listening = 0;
  cluster.on('listening', () => {
    if (++listening === Number(workers)) console.log('bare-server ready');
  });
  for (let count = 0; count < Number(workers); count++) cluster.fork();
  process.on('disconnect', () => process.exit(0));
}

function serve(): void {
  const body = Buffer.alloc(Number(size), 7);
  const headers = { 'content-type': 'application/ocsp-response', 'content-length': body.length };
  createServer((request, response) => {
    request.on('data', () => undefined).on('end', () => response.writeHead(200, headers).end(body));
  }).listen(Number(port));
}
