/** A network namespace for each service. Some have one cable to this machine's own network; none has a way further. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createServer, connect, type Server } from 'node:net';
import { once } from 'node:events';

export interface Network {
  /** As `ip netns exec` takes it. */
  readonly name: string;
  /** Its own address; null where it has no cable. */
  readonly address: string | null;
  readonly end: () => void;
}

let networks = 0;
const ip = (...words: string[]): string => execFileSync('ip', words, { encoding: 'utf8' });

/** Whether this account may make namespaces here. */
export function mayMakeNetworks(): boolean {
  const name = `kakuin-${process.pid}-try`;
  if (process.getuid?.() !== 0 || spawnSync('ip', ['netns', 'add', name]).status !== 0) return false;
  const cable = ['link', 'add', `k${process.pid}t`, 'type', 'veth', 'peer', 'name', `k${process.pid}u`, 'netns', name];
  const works = spawnSync('ip', cable).status === 0;
  ip('netns', 'del', name);
  return works;
}

/** A namespace with nothing in it but a loopback device that is down. */
export function aSealedNetwork(): Network {
  const name = `kakuin-${process.pid}-${++networks}`;
  ip('netns', 'add', name);
  return { name, address: null, end: () => void spawnSync('ip', ['netns', 'del', name]) };
}

/** A namespace with its own loopback and a cable to this machine: no route leads anywhere else. */
export function aCabledNetwork(): Network {
  const { name, end } = aSealedNetwork();
  const [here, there] = [`k${process.pid}a${networks}`, `k${process.pid}b${networks}`];
  // 198.18.0.0/15 is for tests of networks (RFC 2544): no real one is in the way.
  const prefix = `198.18.${process.pid % 256}`;
  ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', name);
  ip('addr', 'add', `${prefix}.${networks * 4 + 1}/30`, 'dev', here);
  ip('link', 'set', here, 'up');
  ip('-n', name, 'addr', 'add', `${prefix}.${networks * 4 + 2}/30`, 'dev', there);
  for (const device of [there, 'lo']) ip('-n', name, 'link', 'set', device, 'up');
  return { name, address: `${prefix}.${networks * 4 + 2}`, end };
}

/** What the proxy in front does: what comes in at a port of this machine goes to that address. */
export async function aDoor(port: number, address: string): Promise<Server> {
  const door = createServer(coming => {
    const going = connect(port, address);
    coming.pipe(going).pipe(coming);
    coming.on('error', () => going.destroy());
    going.on('error', () => coming.destroy());
  }).listen(port, 'localhost');
  await once(door, 'listening');
  return door;
}
