import test from 'ava';
import { stringToUtf8, utf8ToString } from '../../protocol/strings.ts';
import { fromBase64 } from '../base64.ts';
import { SaslError } from '../sasl-server.ts';
import { testCrypto } from '../../../tools/testing/crypto.ts';
import { credentialOf, newCredential, saltedPassword } from './keys.ts';
import { SCRAM, type ScramCredential, type ScramMechanism } from './mechanism.ts';
import { saslName, usernameOf } from './messages.ts';
import { ScramClient } from './scram-client.ts';
import { ScramServer } from './scram-server.ts';

const crypto = testCrypto();
const text = (bytes: Uint8Array | null): string => utf8ToString(bytes as Uint8Array);

// RFC 7677, section 3.
const VECTOR = {
  salt: fromBase64('W22ZaJ0SNY7soEsUEjb6gQ=='),
  clientNonce: 'rOprNGfwEbeRWgbNEkqO',
  serverNonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  clientFinal: 'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
};

function vectorCredential(): ScramCredential {
  const facts = SCRAM['SCRAM-SHA-256'];
  return credentialOf(crypto, facts, VECTOR.salt, saltedPassword(crypto, facts, 'pencil', VECTOR.salt, 4096), 4096);
}

function server(credential: ScramCredential | null, mechanism: ScramMechanism = 'SCRAM-SHA-256'): ScramServer {
  return new ScramServer(crypto, SCRAM[mechanism], () => credential, VECTOR.serverNonce);
}

test('both sides say what RFC 7677 says', (t) => {
  const one = server(vectorCredential());
  const other = new ScramClient(crypto, 'SCRAM-SHA-256', 'user', 'pencil', VECTOR.clientNonce);
  const clientFirst = other.evaluate(null) as Uint8Array;
  t.is(text(clientFirst), VECTOR.clientFirst);
  const serverFirst = one.evaluate(clientFirst);
  t.is(text(serverFirst), VECTOR.serverFirst);
  const clientFinal = other.evaluate(serverFirst) as Uint8Array;
  t.is(text(clientFinal), VECTOR.clientFinal);
  t.is(one.authorizationId, null);
  const serverFinal = one.evaluate(clientFinal);
  t.is(text(serverFinal), VECTOR.serverFinal);
  t.is(other.evaluate(serverFinal), null);
  t.true(other.isComplete);
  t.is(one.authorizationId, 'user');
});

for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
  test(`${mechanism}: names and passwords of any letters`, (t) => {
    const credential = newCredential(crypto, SCRAM[mechanism], 'päss,=wörd', 4096);
    const asked: string[] = [];
    const one = new ScramServer(crypto, SCRAM[mechanism], (name) => {
      asked.push(name);
      return credential;
    });
    const other = new ScramClient(crypto, mechanism, 'a=b,c', 'päss,=wörd');
    other.evaluate(one.evaluate(other.evaluate(one.evaluate(other.evaluate(null) as Uint8Array)) as Uint8Array));
    t.true(other.isComplete);
    t.deepEqual(asked, ['a=b,c']);
    t.is(one.authorizationId, 'a=b,c');
  });
}

test('the server refuses', (t) => {
  const refused = (exchange: ScramServer, ...tokens: readonly string[]): SaslError | undefined => {
    for (const token of tokens.slice(0, -1)) exchange.evaluate(stringToUtf8(token));
    const error = t.throws(() => exchange.evaluate(stringToUtf8(tokens.at(-1) as string)), { instanceOf: SaslError });
    t.is(exchange.authorizationId, null);
    // A failed exchange never succeeds.
    t.throws(() => exchange.evaluate(stringToUtf8(VECTOR.clientFinal)), { instanceOf: SaslError });
    return error;
  };
  const credential = vectorCredential();
  t.false(refused(server(null), VECTOR.clientFirst)?.isPublic);
  t.false(refused(server({ ...credential, iterations: 4095 }), VECTOR.clientFirst)?.isPublic);
  t.true(refused(server(credential), VECTOR.clientFirst.replace('n,,', 'n,a=root,'))?.isPublic);
  refused(server(credential), VECTOR.clientFirst.replace('n,,', 'p=tls-unique,,'));
  refused(server(credential), VECTOR.clientFirst.replace('n=user', 'n=us=er'));
  refused(server(credential), `${VECTOR.clientFirst},tokenauth=true`);
  refused(server(credential), VECTOR.clientFirst, VECTOR.clientFinal.replace('p=d', 'p=e'));
  refused(server(credential), VECTOR.clientFirst, VECTOR.clientFinal.replace('hNlF$k0', 'hNlF$k1'));
  refused(server(credential), VECTOR.clientFirst, VECTOR.clientFinal.replace(/p=.*/, 'p=dHzb'));
  refused(server(credential), VECTOR.clientFirst, 'p=');
});

test('the client refuses a server that does not know the password', (t) => {
  const begun = (): ScramClient => {
    const exchange = new ScramClient(crypto, 'SCRAM-SHA-256', 'user', 'pencil', VECTOR.clientNonce);
    exchange.evaluate(null);
    return exchange;
  };
  const refuses = (exchange: ScramClient, token: string): void => {
    t.throws(() => exchange.evaluate(stringToUtf8(token)), { instanceOf: SaslError });
    t.false(exchange.isComplete);
  };
  refuses(begun(), VECTOR.serverFirst.replace('r=rO', 'r=xO'));
  refuses(begun(), VECTOR.serverFirst.replace('i=4096', 'i=4095'));
  refuses(begun(), VECTOR.serverFirst.replace('i=4096', 'i=0'));
  const waiting = begun();
  waiting.evaluate(stringToUtf8(VECTOR.serverFirst));
  refuses(waiting, VECTOR.serverFinal.replace('v=6', 'v=7'));
  const told = begun();
  told.evaluate(stringToUtf8(VECTOR.serverFirst));
  refuses(told, 'e=other-error');
});

test('names in messages', (t) => {
  t.is(saslName('a=2C,b'), 'a=3D2C=2Cb');
  t.is(usernameOf(saslName('a=2C,b')), 'a=2C,b');
});
