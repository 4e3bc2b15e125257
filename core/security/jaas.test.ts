import test from 'ava';
import { ConfigError } from '../config/definition.ts';
import { clientCredentials, formatJaas, parseJaas, parseJaasFor, plainUsers } from './jaas.ts';

const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule';
const read = (text: string): Record<string, string> => Object.fromEntries(parseJaas('x', text).options);

test('options, in the grammar of Java', (t) => {
  t.deepEqual(read(`${PLAIN} required username="alice" password="a b;c\\"d\\\\e" ;`), {
    username: 'alice',
    password: 'a b;c"d\\e',
  });
  t.deepEqual(read(`${PLAIN} Required\n  user_a-1='x' // not this: y="z"\n  /* nor ; this */ other=word_$1.2;`), {
    'user_a-1': 'x',
    other: 'word_$1.2',
  });
  t.deepEqual(read(`${PLAIN} required a="\\101\\t\\q";`), { a: 'A\tq' });
  t.deepEqual(read(`${PLAIN} required;`), {});
});

test('what is written is read again', (t) => {
  const users = { user_alice: 'p"\\\n7', 'user_b c=d': 'ü' };
  const entry = parseJaasFor('PLAIN', 'x', formatJaas('PLAIN', users));
  t.deepEqual(Object.fromEntries(entry.options), users);
  t.deepEqual(
    [...plainUsers(entry)],
    [
      ['alice', 'p"\\\n7'],
      ['b c=d', 'ü'],
    ],
  );
  t.deepEqual(clientCredentials('SCRAM-SHA-512', 'x', formatJaas('SCRAM-SHA-512', { username: 'u', password: 'p' })), {
    username: 'u',
    password: 'p',
  });
});

test('what is wrong is told without the password', (t) => {
  const wrong: readonly (readonly [text: string, says: RegExp])[] = [
    ['', /names no login module/],
    ['"x" required;', /does not begin with a login module/],
    [`${PLAIN} always password="s3cret";`, /control flag/],
    [`${PLAIN} required password "s3cret";`, /no value for an option/],
    [`${PLAIN} required password=;`, /no value for password/],
    [`${PLAIN} required password=7s3cret;`, /no value for password/],
    [`${PLAIN} required password="s3cret"`, /semicolon/],
    [`${PLAIN} required password="s3cret;`, /no value for password/],
    [`${PLAIN} required; ${PLAIN} required;`, /more than one/],
  ];
  for (const [text, says] of wrong) {
    const error = t.throws(() => parseJaas('x.sasl.jaas.config', text), { instanceOf: ConfigError, message: says });
    t.false(error?.message.includes('s3cret'));
    t.true(error?.message.startsWith('x.sasl.jaas.config '));
  }
  t.throws(() => parseJaasFor('SCRAM-SHA-256', 'x', `${PLAIN} required;`), { message: /ScramLoginModule/ });
  t.throws(() => clientCredentials('PLAIN', 'x', `${PLAIN} required username="a";`), { message: /username and password/ });
});
