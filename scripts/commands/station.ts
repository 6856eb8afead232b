/** `kakuin station …`: the desk with tokens and cards, apart from the CA's own machine. */
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { systemClock } from '../../ca-core/clock.ts';
import { isOnRoll, pair } from '../../issuing-station/pairing/pair.ts';
import { makeFolder, makePassphrase } from '../home.ts';
import { openFront } from '../front.ts';
import { settingOf, type Settings } from '../settings.ts';
import { stationHome, stationPassphrase, theStation } from '../station-ground.ts';
import { answers, wrongUsage, type Answer, type Typed } from './command.ts';
import { textIn } from './named-file.ts';
import { addStationPageCommands } from './station-page.ts';
import { addStationTokenCommands } from './station-tokens.ts';

export function addStationCommands(program: Command): void {
  const station = program
    .command('station')
    .description('the issuing station at this desk: pairing, USB tokens, its page');
  answers(
    station
      .command('pair')
      .description('make this station’s key and bring it to the portal under a one-time code')
      .requiredOption('--portal <url>', 'where the portal takes client certificates')
      .requiredOption('--name <name>', 'of this station, as it is to stand on the roll')
      .requiredOption('--mailbox <mailbox>', 'of whoever runs it')
      .option('--code <code>', 'the one-time code; asked for, or read from standard input, when left out')
      .option('--trust <file>', 'PEM of the portal’s TLS certificate, where this machine does not know its CA'),
    pairThis,
  );
  answers(station.command('status').description('who this station is, and whether it is on the roll'), status);
  answers(
    station
      .command('front')
      .description('for a first try on one machine: a TLS door before the portal’s socket, until it is interrupted')
      .requiredOption('--trust <file>', 'where its certificate is put, for station pair --trust')
      .option('--port <port>', 'on the loopback address; 0 is any', '8443'),
    front,
  );
  addStationPageCommands(station);
  addStationTokenCommands(station);
}

async function pairThis(settings: Settings, { options }: Typed): Promise<Answer> {
  const { portal = '', name = '', mailbox = '', trust } = options;
  if (!URL.canParse(portal)) throw wrongUsage('--portal is a URL such as https://portal.example.');
  const home = stationHome(settings);
  const address = { url: new URL(portal).origin, ...(trust === undefined ? {} : { trust: textIn(trust) }) };
  const code = options['code'] ?? (await typedCode());
  makeFolder(home);
  makePassphrase(settingOf(settings, 'KAKUIN_STATION_PASSPHRASE_FILE'));
  const passphrase = stationPassphrase(settings);
  const paired = await pair({ home, passphrase, portal: address, code, name, mailbox }, systemClock);
  const lines = [
    `This station is ${paired.memberId}. The fingerprint of its key, to be compared at the console:`,
    `  ${paired.fingerprint}`,
    'There: npm run kakuin -- officers confirm; then two officers sign the new roll.',
  ];
  return { value: paired, lines };
}

/** Kept out of the shell's history. */
async function typedCode(): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  if (process.stdin.isTTY) process.stderr.write('The one-time code: ');
  for await (const line of reader) {
    reader.close();
    return line;
  }
  throw wrongUsage('Give the one-time code: --code, or a line on standard input.');
}

async function status(settings: Settings): Promise<Answer> {
  const station = await theStation(settings);
  const { memberId, name, portalUrl } = station.standing;
  const onRoll = await isOnRoll(station);
  const lines = [
    `${name}, ${memberId}, at ${portalUrl}`,
    onRoll
      ? 'It is on the roll and signs in.'
      : 'It is not on the roll: its fingerprint has to be confirmed at the console, and two officers sign.',
  ];
  return { value: { memberId, name, portalUrl, onRoll }, lines, failed: !onRoll };
}

async function front({ values }: Settings, { options }: Typed): Promise<Answer> {
  const socket = values['KAKUIN_PORTAL_SOCKET'];
  if (socket === undefined) throw wrongUsage('Start the portal with KAKUIN_PORTAL_SOCKET, and this with the same.');
  const port = Number(options['port']);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw wrongUsage('--port takes a port.');
  const door = await openFront(socket, port);
  writeFileSync(options['trust'] ?? '', door.certificate);
  process.stderr.write(`${door.url} leads to the portal; trust ${options['trust'] ?? ''}. Ctrl-C ends it.\n`);
  await new Promise(resolve => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  await door.close();
  return { value: { url: door.url }, lines: ['The door is shut.'] };
}
