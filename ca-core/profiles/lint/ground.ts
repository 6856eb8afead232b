import type { UnixTime } from '../../clock.ts';
import type { Der } from '../../x509/der.ts';
import type { CertificateUrls } from '../extensions-of.ts';

/** What a certificate is held against beside its profile. */
export interface LintGround {
  readonly issuer: {
    /** The issuer's subject Name, octet for octet. For a root CA the certificate's own. */
    readonly subject: Der;
    readonly keyIdentifier: Uint8Array;
  };
  readonly now: UnixTime;
  /** The addresses that must stand in it; without them only their form is looked at. */
  readonly urls?: CertificateUrls;
}
