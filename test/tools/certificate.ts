import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface Certificate {
  /** Where the key and the certificate go. */
  readonly key: string;
  readonly certificate: string;
  /** As openssl writes it: /CN=name */
  readonly subject: string;
  readonly days?: number;
  /** Options of `openssl req` beyond these. */
  readonly options?: readonly string[];
}

/** Makes a key on the curve P-256 and a certificate for it, self-signed unless the options name an authority. */
export async function makeCertificate(wanted: Certificate): Promise<void> {
  const { key, certificate, subject, days = 2, options = [] } = wanted;
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const what = ['-days', String(days), '-subj', subject, '-keyout', key, '-out', certificate];
  await promisify(execFile)('openssl', ['req', '-x509', ...curve, ...what, ...options]);
}
