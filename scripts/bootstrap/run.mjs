import { spawn } from 'node:child_process';
import { root } from './root.mjs';
import { say } from './say.mjs';

const beatSeconds = 4;

/**
 * Runs one program to its end and keeps what it prints. While it is silent a line every few seconds says what goes on
 * (`doing`); with `show` the program writes to the terminal itself. SIGINT and SIGTERM end it, and us with exit code 0.
 * Returns { code, output }.
 */
export function run(command, args, { doing, show = false, env = {} } = {}) {
  return new Promise(resolve => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: show ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    });
    const release = endWithUs(child);
    const quiet = doing === undefined ? () => undefined : beat(doing);
    let output = '';
    const keep = chunk => (output += chunk);
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);
    const close = (code, text) => {
      quiet();
      release();
      resolve({ code, output: text });
    };
    child.on('error', error => close(127, error.message));
    child.on('close', code => close(code ?? 1, output));
  });
}

function beat(doing) {
  const start = Date.now();
  say(`${doing} …`);
  const timer = setInterval(() => say(`${doing} … ${Math.round((Date.now() - start) / 1000)} s`), beatSeconds * 1000);
  return () => clearInterval(timer);
}

function endWithUs(child) {
  const stop = () => {
    child.removeAllListeners('close');
    child.on('close', () => process.exit(0));
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 5000).unref();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.once(signal, stop);
  return () => {
    for (const signal of signals) process.removeListener(signal, stop);
  };
}
