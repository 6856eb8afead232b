/** The holder's side: from a bound card on the reader to a certificate in an NSS store, and out again. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectRoot } from '../../ca-core/project-root.ts';
import { readCardPolicy } from '../../ca-core/profiles/card-policy.ts';
import { bindByList } from '../../issuing-station/cards/bind-card.ts';
import { openCard } from '../../issuing-station/cards/card.ts';
import { openPcsc } from '../../issuing-station/cards/pcsc.ts';
import { openPortalClient, type Portal } from '../../issuing-station/portal/client.ts';
import { askAbout, prepareCard } from '../../issuing-station/cards/prepare-card.ts';
import { install, passesOfNextCard, remove, whileOnReader, type SessionGround } from '../../pass/card-session.ts';
import { installCommands, removeCommands, type StorePlace } from '../../pass/certificate-stores.ts';
import { openPassFolder } from '../../pass/pass-folder.ts';
import { rewrap } from '../../pass/rewrap.ts';
import { fcfCard } from '../support/cards/fcf-card.ts';
import { startPcscd, type Pcscd } from '../support/cards/pcscd.ts';
import type { EmulatedCard, VpcdSlot } from '../support/cards/vpcd-slot.ts';
import { refusalFrom } from '../support/refusal.ts';
import { aPortal, type APortal, type PortalOfficer } from '../ra-portal/support/a-portal.ts';
import { aProgram } from '../ra-portal/support/a-program.ts';
import { apply, person, proveMailbox, review } from '../ra-portal/support/an-application.ts';

const policy = readCardPolicy(`${projectRoot}/policies`);
let world: APortal;
let officers: readonly [PortalOfficer, PortalOfficer];
let pcscd: Pcscd;
let slot: VpcdSlot;
let station: Portal;
let ground: SessionGround;
let folder: string;
let place: StorePlace;
beforeAll(async () => {
  world = await aPortal();
  officers = await world.officers();
  await officers[0].signIn();
  const { token } = await aProgram(world, { kind: 'officer', subject: officers[0].memberId });
  station = openPortalClient({ url: world.url, token });
  pcscd = await startPcscd();
  slot = pcscd.slots[0] as VpcdSlot;
  folder = mkdtempSync(join(tmpdir(), 'kakuin-pass-'));
  place = { kind: 'nss', folder: join(folder, 'nss') };
  const portal = openPortalClient({ url: world.url });
  const passes = openPassFolder(join(folder, 'passes'));
  ground = { portal, folder: passes, policy, readers: openPcsc(), pin: '4711' };
});
afterAll(async () => {
  await ground.readers.close();
  await pcscd.end();
  await world.end();
  rmSync(folder, { recursive: true, force: true });
});

/** Through the station: prepared, then given to the applicant by its number on a list. */
async function aBoundCard(number: string): Promise<{ readonly emulated: EmulatedCard; readonly publicKey: string }> {
  const emulated = fcfCard({ number });
  await lay(emulated);
  const card = await openCard(await ground.readers.nextCard(), policy);
  await prepareCard(station, card);
  await card.close();
  const holder = { mailbox: person.mailbox, name: person.kanjiName, corporateNumber: person.corporateNumber };
  await bindByList(station, number, holder);
  return { emulated, publicKey: (await askAbout(station, card.idm))?.publicKey ?? '' };
}

async function lay(card: EmulatedCard): Promise<void> {
  await slot.take();
  await ground.readers.emptied(slot.name);
  await slot.put(card);
}

async function issue(publicKey: string): Promise<void> {
  const applied = await apply(world, { sealTo: publicKey });
  await proveMailbox(world, applied);
  const digest = await review(world, officers[0], applied.caseId);
  for (const officer of officers) await officer.approve(digest);
  await world.work();
}

const inStore = (): string => execFileSync('certutil', ['-L', '-d', `sql:${place.folder}`]).toString();

it('makes the PKCS#12, puts it into the store while the card lies there, and takes it out again', async () => {
  const { emulated, publicKey } = await aBoundCard('PASS-1');
  await issue(publicKey);
  await lay(emulated);
  const { passes } = await passesOfNextCard(ground);
  const [pass] = passes;
  if (pass?.file == null) throw new Error('there is no PKCS#12');
  expect(pass).toMatchObject({ isNew: true });
  expect(statSync(pass.file).mode & 0o077).toBe(0);
  const openssl = ['pkcs12', '-in', pass.file, '-nodes', '-passin', 'stdin'];
  const pem = execFileSync('openssl', openssl, { input: pass.password }).toString();
  expect(pem).toContain('PRIVATE KEY');
  expect(pem.match(/BEGIN CERTIFICATE/g)).toHaveLength(3);

  const put = await install(place, passes);
  expect(put).toHaveLength(1);
  expect(inStore()).toContain('JCAN Pass');
  await remove(place, passes);
  expect(inStore()).not.toContain('JCAN Pass');

  const seen: string[] = [];
  await lay(emulated);
  await whileOnReader(ground, place, {
    installed: () => {
      seen.push(inStore());
      void slot.take();
    },
  });
  expect(seen[0]).toContain('JCAN Pass');
  expect(inStore()).not.toContain('JCAN Pass');
  // The same password from card, share and PIN; without the PIN another one.
  await lay(emulated);
  expect((await passesOfNextCard(ground)).passes).toMatchObject([{ isNew: false, password: pass.password }]);
  await lay(emulated);
  const { passes: without } = await passesOfNextCard({ ...ground, pin: undefined });
  expect(without[0]?.password).not.toBe(pass.password);
});

it('moves a certificate to a new card from a PKCS#12 that the subscriber opens', async () => {
  const { emulated, publicKey } = await aBoundCard('PASS-2');
  await issue(publicKey);
  await lay(emulated);
  const { passes } = await passesOfNextCard(ground);
  const old = { file: passes[0]?.file ?? '', password: passes[0]?.password ?? '' };
  const broken = Buffer.from(emulated.idm(1)).toString('hex');
  await station.post(`/api/v1/cards/${broken}/end`, { act: 'damage', decision: 'keep', note: 'bent' });
  await lay(emulated);
  expect(await refusalFrom(passesOfNextCard(ground))).toMatchObject({ code: 'cardState' });

  const next = await aBoundCard('PASS-3');
  await lay(next.emulated);
  const card = await openCard(await ground.readers.nextCard(), policy);
  expect(await refusalFrom(rewrap(ground, card, { ...old, password: 'wrong' }))).toMatchObject({
    code: 'pkcs12Unopened',
  });
  const pass = await rewrap(ground, card, old);
  await card.close();
  expect(pass.serialNumber).toBe(passes[0]?.serialNumber);
  expect(pass.password).not.toBe(old.password);
  const openssl = ['pkcs12', '-in', pass.file ?? '', '-nodes', '-passin', 'stdin'];
  expect(execFileSync('openssl', openssl, { input: pass.password }).toString()).toContain('PRIVATE KEY');
});

it('a card without a certificate, and a foreign one, say so', async () => {
  const { emulated } = await aBoundCard('PASS-4');
  await lay(emulated);
  expect(await refusalFrom(passesOfNextCard(ground))).toMatchObject({ code: 'passUnknown' });
  await lay(fcfCard({ number: 'BLANK' }));
  expect(await refusalFrom(passesOfNextCard(ground))).toMatchObject({ code: 'cardSecretInvalid' });
});

it('writes the commands of Windows and macOS with no password on the command line', () => {
  const pass = {
    ...{ id: 'p', serialNumber: '0a', certificate: Uint8Array.of(1), chain: [], password: 'SeCrEt', isNew: true },
    file: "C:\\it's\\p.p12",
  };
  for (const kind of ['windows', 'macos', 'nss'] as const) {
    const commands = [
      ...installCommands({ kind, folder: '/nss' }, pass),
      ...removeCommands({ kind, folder: '/nss' }, pass),
    ];
    expect(commands.flatMap(({ program, words }) => [program, ...words]).join(' ')).not.toContain('SeCrEt');
    expect(commands[0]?.input).toContain('SeCrEt');
    expect(commands).toMatchSnapshot();
  }
});

it('no secret of a card, share or password is left in the holder’s folder', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(name => join(folder, name))
    .filter(name => existsSync(name) && statSync(name).isFile());
  expect(files.some(name => name.endsWith('.p12'))).toBe(true);
  expect(files.filter(name => /\.new$|writable/.test(name))).toEqual([]);
  const text = files.map(name => readFileSync(name).toString('latin1')).join('\n');
  expect(text).not.toContain('PRIVATE KEY');
});
