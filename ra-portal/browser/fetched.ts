/** Tells the portal that the holder of a key of their own has fetched the certificate: a GET must not change anything. */
const files = document.querySelector<HTMLElement>('.files');
const caseId = files?.dataset['case'] ?? '';
if (files !== null && caseId !== '') {
  files.addEventListener('click', event => {
    if (!(event.target instanceof HTMLAnchorElement)) return;
    const headers = { 'content-type': 'application/json' };
    void fetch(`/applications/${caseId}/fetched`, { method: 'POST', headers, body: '{}', keepalive: true });
  });
}
