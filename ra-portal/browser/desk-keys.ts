/** Keys of the officers' desk: j k move, o opens, c takes a case, n goes on, ? explains. None of them approves or rejects. */
import { element, input } from './page.ts';

const setting = 'kakuin-desk-keys';
const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
const keys = element('keys') as HTMLDialogElement;
const on = input('keys-on');
let at = -1;

on.checked = localStorage.getItem(setting) !== 'off';
on.addEventListener('change', () => localStorage.setItem(setting, on.checked ? 'on' : 'off'));
element('keys-open').addEventListener('click', () => keys.showModal());
document.addEventListener('keydown', onKey);

function onKey(event: KeyboardEvent): void {
  if (!on.checked || keys.open || isTyped(event)) return;
  const act = actions[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
}

/** While somebody types, composes with an input method, or means a key of the browser. */
function isTyped(event: KeyboardEvent): boolean {
  // The input method has a key of that name, also in browsers that do not say isComposing.
  if (event.isComposing || event.key === 'Process' || event.ctrlKey || event.metaKey || event.altKey) return true;
  const { target } = event;
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
}

const actions: Readonly<Record<string, () => void>> = {
  j: () => move(1),
  k: () => move(-1),
  o: () => opener()?.click(),
  c: () => press('c'),
  n: () => press('n'),
  '?': () => keys.showModal(),
};

/** What the row in hand opens; on a case without one, the way to the approval desk: from there one stroke signs. */
function opener(): HTMLElement | null {
  const place = rows[at];
  if (place !== undefined) return place.querySelector<HTMLElement>('[data-open]');
  return document.querySelector<HTMLElement>('#to-desk, #make-document') ?? document.querySelector('[data-open]');
}

function move(by: number): void {
  if (rows.length === 0) return;
  rows[at]?.classList.remove('here');
  at = Math.min(rows.length - 1, Math.max(0, at + by));
  const row = rows[at];
  row?.classList.add('here');
  row?.scrollIntoView({ block: 'nearest' });
  const place = row?.querySelector<HTMLElement>('[data-open]') ?? row;
  place?.focus({ preventScroll: true });
}

function press(key: string): void {
  document.querySelector<HTMLElement>(`[data-key="${key}"]`)?.click();
}
