/** Keeps what the page shows of the run up to date; what changes is said politely to screen readers. */
import { askHere } from './own.ts';

const place = document.getElementById('now');

async function look(): Promise<void> {
  if (place === null) return;
  const answer = await askHere('/now');
  const version = answer.headers.get('X-Version') ?? '';
  if (!answer.ok || version === place.dataset['version']) return;
  const isOver = answer.headers.get('X-State') !== place.dataset['state'];
  place.innerHTML = await answer.text();
  place.dataset['version'] = version;
  // The buttons around it are others then.
  if (isOver) location.reload();
}

function again(): void {
  look()
    .catch(() => undefined)
    .finally(() => setTimeout(again, 700));
}

again();
