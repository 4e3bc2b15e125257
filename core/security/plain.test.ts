import test from 'ava';
import { stringToUtf8 } from '../protocol/strings.ts';
import { PlainClient, PlainServer } from './plain.ts';
import { SaslError } from './sasl-server.ts';
import { testCrypto } from '../../tools/testing/crypto.ts';

const crypto = testCrypto();
const users = new Map([['alice', 'secret']]);

function evaluate(token: string): string | null {
  const server = new PlainServer(crypto, (name) => users.get(name) ?? null);
  server.evaluate(stringToUtf8(token));
  return server.authorizationId;
}

test('who knows the password is let in', (t) => {
  t.is(evaluate('\0alice\0secret'), 'alice');
  t.is(evaluate('alice\0alice\0secret'), 'alice');
  const client = new PlainClient('alice', 'secret');
  const server = new PlainServer(crypto, (name) => users.get(name) ?? null);
  t.is(client.evaluate()?.length, 13);
  t.false(client.isComplete);
  t.is(server.evaluate(new PlainClient('alice', 'secret').evaluate() as Uint8Array).length, 0);
  t.is(client.evaluate(), null);
  t.true(client.isComplete);
});

test('everyone else is refused in Kafka’s words', (t) => {
  const refusals: readonly (readonly [token: string, message: string])[] = [
    ['\0alice\0Secret', 'Authentication failed: Invalid username or password'],
    ['\0bob\0secret', 'Authentication failed: Invalid username or password'],
    ['root\0alice\0secret', 'Authentication failed: Client requested an authorization id that is different from username'],
    ['\0\0secret', 'Authentication failed: username not specified'],
    ['\0alice\0', 'Authentication failed: password not specified'],
    ['alice\0secret', 'Invalid SASL/PLAIN response: expected 3 tokens, got 2'],
    ['\0alice\0secret\0', 'Invalid SASL/PLAIN response: expected 3 tokens, got 4'],
    ['\0alice\0sec\0ret\0x', 'Invalid SASL/PLAIN response: expected 3 tokens, got 4'],
  ];
  for (const [token, message] of refusals) t.throws(() => evaluate(token), { instanceOf: SaslError, message });
});
