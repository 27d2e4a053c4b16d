import { readFileSync } from 'node:fs';

/** The secret of a certificate as JSON: node secret.mjs CERTIFICATE KEY */
const encoded = (path) => readFileSync(path).toString('base64');
const [certificate, key] = process.argv.slice(2);
console.log(
  JSON.stringify({
    kind: 'Secret',
    metadata: { name: 'certificate' },
    data: { 'tls.crt': encoded(certificate), 'tls.key': encoded(key) },
  }),
);
