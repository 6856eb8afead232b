import type { Judge } from './judge.ts';

/** `-trusted` reads DER, which `-CAfile` of OpenSSL 3 does not. */
const trust = ['-trusted', 'root.cer'];

/** Root and issuing CA: RFC 5280 clean, and the chain holds with every CRL looked at. */
export async function judgeChain(judge: Judge): Promise<void> {
  await judge.ask({
    title: 'the root is a self-signed CA certificate',
    openssl: ['verify', '-x509_strict', '-check_ss_sig', ...trust, 'root.cer'],
    must: [/: OK/],
  });
  await judge.ask({
    title: 'the issuing CA certificate leads to the root and is not revoked',
    openssl: ['verify', '-x509_strict', '-crl_check', '-CRLfile', 'root.crl', ...trust, 'issuing.cer'],
    must: [/: OK/],
  });
  await judge.ask({
    title: 'the issuing CA may sign certificates and CRLs, and no CA below it',
    openssl: ['x509', '-in', 'issuing.cer', '-inform', 'DER', '-noout', '-text'],
    must: [
      /Basic Constraints: critical\s+CA:TRUE, pathlen:0/,
      /Key Usage: critical\s+Certificate Sign, CRL Sign/,
      /Subject Key Identifier/,
      /Authority Key Identifier/,
      /CRL Distribution Points/,
    ],
    mustNot: [/OCSP - URI/],
  });
}

/** The subscriber's certificate against its profile, extension by extension. */
export async function judgeSubscriber(judge: Judge, mailbox: string): Promise<void> {
  await judge.ask({
    title: 'the chain of the certificate holds, with both CRLs',
    openssl: chainWith('before.crl'),
    must: [/: OK/],
  });
  const text = await judge.ask({
    title: 'the certificate has what the profile jcan-classic asks for',
    openssl: ['x509', '-in', 'subscriber.cer', '-inform', 'DER', '-noout', '-text'],
    must: profileOf(mailbox),
    mustNot: [/TLS Web Server/, /CA:TRUE/],
  });
  judge.compare('an RSA key may encipher keys, an EC key agree on them', keyUsageDifference(text));
  await judge.ask({
    title: 'the subject stands in the order of the profile',
    openssl: [
      'x509',
      '-in',
      'subscriber.cer',
      '-inform',
      'DER',
      '-noout',
      '-subject',
      '-nameopt',
      'sname,sep_comma_plus_space,utf8',
    ],
    must: [
      /subject=C=JP, ST=[^,]+, L=[^,]+, O=[^=]+, OU=1\.2\.392\.200063\.80\.1\.1, OU=OU2-https:\/\/[^ ]+\?\d{16}&J=1, CN=BN-\S/,
    ],
  });
  const structure = await judge.ask({
    title: 'the encoding can be read as ASN.1',
    openssl: ['asn1parse', '-in', 'subscriber.cer', '-inform', 'DER'],
  });
  judge.compare('each attribute of the subject is an RDN of its own', rdnDifference(structure));
  judge.compare('the URL OU is a UTF8String', /UTF8STRING\s*:OU2-https:/.test(structure) ? undefined : 'it is not');
  await judgeSerialAndDates(judge);
}

/** `openssl verify` over the whole chain with the named issuing CA's CRL. */
export function chainWith(crl: string): string[] {
  const crls = ['-crl_check_all', '-CRLfile', crl, '-CRLfile', 'root.crl'];
  return [
    'verify',
    '-x509_strict',
    '-purpose',
    'smimesign',
    ...crls,
    ...trust,
    '-untrusted',
    'issuing.cer',
    'subscriber.cer',
  ];
}

async function judgeSerialAndDates(judge: Judge): Promise<void> {
  const serial = await judge.ask({
    title: 'the serial number can be read',
    openssl: ['x509', '-in', 'subscriber.cer', '-inform', 'DER', '-noout', '-serial'],
  });
  const digits = /serial=([0-9A-F]+)/.exec(serial)?.[1] ?? '';
  const fits = digits.length >= 15 && digits.length <= 40;
  judge.compare(
    'the serial number is positive, of at least 64 random bits, in at most 20 octets',
    fits ? undefined : digits,
  );
  const dates = await judge.ask({
    title: 'the dates can be read',
    openssl: ['x509', '-in', 'subscriber.cer', '-inform', 'DER', '-noout', '-dates'],
  });
  judge.compare('it is valid for at most 825 days, its last second included', validityDifference(dates));
}

function profileOf(mailbox: string): RegExp[] {
  return [
    /Key Usage: critical\s+Digital Signature, Non Repudiation/,
    /Extended Key Usage: ?\s+(?=.*TLS Web Client Authentication)(?=.*E-mail Protection)/,
    /Policy: 1\.2\.392\.200063\.30\.5300\s+CPS: https?:\/\//,
    new RegExp(`Subject Alternative Name: ?\\s+email:${mailbox.replaceAll('.', '\\.')}\\b`),
    /OCSP - URI:http:\/\//,
    /CA Issuers - URI:http:\/\/.*\/ca\/issuing\.cer/,
    /CRL Distribution Points: ?\s+Full Name:\s+URI:http:\/\/.*\/crl\/issuing\/0\.crl/,
    /Authority Key Identifier/,
    /Subject Key Identifier/,
  ];
}

function keyUsageDifference(text: string): string | undefined {
  const usage = /Key Usage: critical\s+(.*)/.exec(text)?.[1] ?? '';
  const isEc = text.includes('id-ecPublicKey');
  const fits = usage.includes('Key Agreement') === isEc && usage.includes('Key Encipherment') !== isEc;
  return fits ? undefined : usage;
}

/** The subject is the second Name of the TBSCertificate: between the validity and the public key. */
function rdnDifference(structure: string): string | undefined {
  const lines = structure.split('\n');
  const from = lines.findLastIndex(line => /d=3 .*(UTCTIME|GENERALIZEDTIME)/.test(line));
  const to = lines.findIndex((line, index) => index > from && /(rsaEncryption|id-ecPublicKey)/.test(line));
  const subject = lines.slice(from, to);
  const sets = subject.filter(line => line.includes('cons: SET')).length;
  const attributes = subject.filter(line => /d=5 .*OBJECT/.test(line)).length;
  return sets > 0 && sets === attributes ? undefined : `${sets} RDNs, ${attributes} attributes`;
}

function validityDifference(dates: string): string | undefined {
  const [from = NaN, to = NaN] = ['notBefore', 'notAfter'].map(name => {
    return Date.parse(new RegExp(`${name}=(.*)`).exec(dates)?.[1] ?? '') / 1000;
  });
  const seconds = to - from + 1;
  return seconds > 0 && seconds <= 825 * 86_400 ? undefined : `${seconds} seconds`;
}
