import { createPrivateKey, X509Certificate } from 'node:crypto';
import test from 'ava';
import { createCertificate, isUsable } from './certificate.ts';
import { subjectOf } from './distinguished-name.ts';
import { secureContextOptions } from './options.ts';

const rawOf = (certificate: string): Uint8Array => new X509Certificate(certificate).raw;

test('a certificate of one’s own is good for its hosts, and for its key', (t) => {
  const hosts = ['localhost', '127.0.0.1', '::1', 'fe80::1:2', '1:2:3:4:5:6:7:8'];
  const own = createCertificate({
    subject: [
      ['O', 'Trial'],
      ['CN', 'localhost'],
    ],
    hosts,
  });
  const parsed = new X509Certificate(own.certificate);
  t.true(parsed.ca);
  t.true(parsed.verify(parsed.publicKey));
  t.is(parsed.checkHost('localhost'), 'localhost');
  for (const address of hosts.slice(1)) t.is(parsed.checkIP(address), address);
  t.is(parsed.checkHost('elsewhere'), undefined);
  t.true(isUsable(own, hosts));
  t.false(isUsable(own, ['elsewhere']));
  t.false(isUsable({ ...own, key: createCertificate({ subject: [['CN', 'x']] }).key }, hosts));
  t.false(isUsable(createCertificate({ subject: [['CN', 'x']], hosts, validDays: 0 }), hosts));
  t.false(isUsable({ certificate: 'x', key: 'y' }, hosts));
});

test('one authority signs for others', (t) => {
  const authority = createCertificate({ subject: [['CN', 'authority']] });
  const leaf = new X509Certificate(createCertificate({ subject: [['CN', 'leaf']], issuer: authority }).certificate);
  t.true(leaf.checkIssued(new X509Certificate(authority.certificate)));
  t.true(leaf.verify(new X509Certificate(authority.certificate).publicKey));
  t.false(leaf.ca);
});

test('names are written as Java writes them', (t) => {
  const name = (...subject: Parameters<typeof createCertificate>[0]['subject']): string =>
    subjectOf(rawOf(createCertificate({ subject }).certificate));
  t.is(name(['C', 'US'], ['O', 'Acme'], ['OU', 'One'], ['OU', 'Two'], ['CN', 'alice']), 'CN=alice,OU=Two,OU=One,O=Acme,C=US');
  t.is(name(['CN', 'a,b+c"d\\e<f>g;h=i#j']), 'CN=a\\,b\\+c\\"d\\\\e\\<f\\>g\\;h\\=i\\#j');
  t.is(name(['CN', ' x  ']), 'CN=\\ x\\ \\ ');
  t.is(name(['CN', 'Ünïcode']), 'CN=Ünïcode');
  t.is(name(['DC', 'example'], ['CN', 'x']), 'CN=x,DC=example');
  t.is(name(['CN', 'x'], ['emailAddress', 'a@b']), '1.2.840.113549.1.9.1=#1603614062,CN=x');
  t.is(name(), '');
});

test('an encrypted key needs its password', (t) => {
  const { certificate, key } = createCertificate({ subject: [['CN', 'x']] });
  const encrypted = createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open' });
  const identity = (keyPassword: string | null) => ({
    keystore: { chain: { pem: certificate }, key: { pem: encrypted.toString() }, keyPassword },
    truststore: null,
    protocols: ['TLSv1.3'],
  });
  t.like(secureContextOptions(identity('open')), { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', passphrase: 'open' });
  for (const password of ['shut', null]) {
    t.throws(() => secureContextOptions(identity(password)), { message: /key store or trust store cannot be used/ });
  }
});
