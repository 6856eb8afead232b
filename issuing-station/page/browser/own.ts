/**
 * What this tab alone knows: no cookie, so that no other port of this machine gets it. It goes with every form, and with what
 * the page's scripts ask for.
 */
const place = 'station';

export const keepSecret = (secret: string): void => sessionStorage.setItem(place, secret);

/** A tab that did not open the link is told why it sees nothing. */
export async function askHere(path: string): Promise<Response> {
  const answer = await fetch(path, { headers: { 'X-Station': sessionStorage.getItem(place) ?? '' } });
  if (answer.status === 403) showShut(await answer.clone().text());
  return answer;
}

function showShut(page: string): void {
  const shut = new DOMParser().parseFromString(page, 'text/html').querySelector('main');
  if (shut !== null) document.querySelector('main')?.replaceWith(shut);
}

document.addEventListener('submit', ({ target }) => {
  if (!(target instanceof HTMLFormElement)) return;
  const field = document.createElement('input');
  Object.assign(field, { type: 'hidden', name: place, value: sessionStorage.getItem(place) ?? '' });
  target.append(field);
});
