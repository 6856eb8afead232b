import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { certificateRules } from '../../ca-core/profiles/lint.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import { crlRules } from '../../ca-core/x509/crl-lint.ts';
import type { LintRule } from '../../ca-core/x509/lint-rule.ts';

const page = join(projectRoot, 'docs/lint.md');

function tableOf(rules: readonly LintRule[]): string {
  const rows = rules.map(({ id, source, level, says }) => `| \`${id}\` | ${source} | ${level} | ${says} |`);
  return ['| rule | source | level | what holds |', '|---|---|---|---|', ...rows].join('\n');
}

const text = `# Lint: what is checked before the CA's key signs

Written from the rules themselves: \`npx vitest run test/profiles/lint-page.test.ts -u\` writes this page anew.

The octets that would be signed are read by two readers that share nothing with the writer: our strict DER reader, and
OpenSSL (\`node:crypto\`, under a throw-away signature). One broken rule and nothing is signed: the order is refused with
\`lintFailed\` and the names of the rules. \`must\` and \`should\` say how the source puts it; both refuse. The source
\`profile\` is the file in \`policies/profiles/\` that the officers approved, \`house\` is our own. The rules whose names
begin with \`smime\` hold where the profile's \`rules\` say \`smime-br\` (S/MIME Baseline Requirements 1.0.10,
sponsor-validated, multipurpose).

For every rule a test holds one certificate, or one CRL, that this rule alone refuses:
\`test/profiles/lint-rules.test.ts\`, \`test/x509/crl-lint.test.ts\`.

## Certificates

${tableOf(certificateRules)}

## CRLs

Before a CRL is signed, and again before it is published.

${tableOf(crlRules)}

## OCSP responses

\`ca-core/x509/ocsp-lint.ts\` reads every ResponseData before it is signed; what it refuses names the section of RFC 6960
or RFC 9654.
`;

describe('docs/lint.md', () => {
  it('says what the rules say', async () => {
    expect(existsSync(page)).toBe(true);
    await expect(text).toMatchFileSnapshot(page);
  });

  it('has a name and a section for each rule, once', () => {
    const all = [...certificateRules, ...crlRules];
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    for (const { source } of all) expect(source).toMatch(/§|^profile|^house|^RFC 5280 A\.1/);
  });
});
