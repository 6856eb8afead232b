import { run } from './run.mjs';
import { Stop } from './say.mjs';

/**
 * The PC/SC binding is optional: npm leaves it out where libpcsclite-dev is missing. Once the header is there, this puts
 * the locked binding in. Throws Stop when it still does not load.
 */
export async function ensureCardBinding() {
  if (await loads()) return;
  const doing = 'Compiling the PC/SC binding';
  const words = [
    ['install', '--no-save', '--no-audit', '--no-fund'],
    ['rebuild', 'smartcard'],
  ];
  let said = '';
  for (const one of words) {
    said = (await run('npm', one, { doing })).output;
    if (await loads()) return;
  }
  throw new Stop(
    `${said}\nThe PC/SC binding does not load: it needs libpcsclite-dev, Python 3, make and a C++ compiler.`,
  );
}

async function loads() {
  return (await run(process.execPath, ['-e', "require('smartcard')"])).code === 0;
}
