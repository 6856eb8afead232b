/** Plays the story on a machine that was installed by the guide, from that machine, over TLS and through its nginx. */
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { playStory } from '../../scripts/demo/story.ts';
import { readSettings } from '../../scripts/settings.ts';

const out = '/root/story';
mkdirSync(out, { recursive: true });

const kakuin = async (...words: string[]): Promise<string> =>
  (await promisify(execFile)('/usr/local/sbin/kakuin', words)).stdout;

const nothing = (): Promise<void> => Promise.resolve();
const { links } = JSON.parse(await kakuin('officers', 'founders', '--json')) as { links: string[] };
const settings = readSettings(process.env);
await playStory({ settings, links, console: kakuin, end: nothing, stop: nothing }, out, line => console.log(line));
