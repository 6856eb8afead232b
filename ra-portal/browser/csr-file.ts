/** Puts a chosen CSR file into the text field; DER becomes PEM. Nothing is sent before the form is. */
import { element, input } from './page.ts';

const file = input('csr-file');
file.parentElement?.removeAttribute('hidden');
file.addEventListener('change', () => void readChosen());

async function readChosen(): Promise<void> {
  const chosen = file.files?.[0];
  if (chosen === undefined || chosen.size > 100_000) return;
  const octets = new Uint8Array(await chosen.arrayBuffer());
  const text = octets[0] === 0x30 ? pemOf(octets) : new TextDecoder().decode(octets);
  (element('certificationRequest') as HTMLTextAreaElement).value = text;
}

function pemOf(octets: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...octets)).replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE REQUEST-----\n${base64}\n-----END CERTIFICATE REQUEST-----\n`;
}
