import test from 'ava';
import { scramCredential } from '../metadata/image.ts';
import { imageFromRecords, imageToRecords } from '../metadata/snapshot.ts';
import { errorName } from '../protocol/errors.ts';
import type { AlterUserScramCredentialsRequest } from '../protocol/messages/index.ts';
import { credentialOf, saltedPassword } from '../security/scram/keys.ts';
import { SCRAM } from '../security/scram/mechanism.ts';
import { testCrypto } from '../../tools/testing/crypto.ts';
import { TestQuorum } from './testing/quorum.ts';

const crypto = testCrypto();
const SALT = Uint8Array.of(1, 2, 3);
const SALTED = saltedPassword(crypto, SCRAM['SCRAM-SHA-256'], 'secret', SALT, 4096);

function quorum(): TestQuorum {
  const made = new TestQuorum({ crypto });
  made.elect(0);
  made.commit();
  return made;
}

type Upsertion = AlterUserScramCredentialsRequest['upsertions'][number];

const upsertion = (name: string, more: Partial<Upsertion> = {}): Upsertion => ({
  name,
  mechanism: 1,
  iterations: 4096,
  salt: SALT,
  saltedPassword: SALTED,
  ...more,
});

/** `alice NONE`, ... */
function alter(to: TestQuorum, upsertions: Upsertion[], deletions: AlterUserScramCredentialsRequest['deletions'] = []): string[] {
  const { results } = to.call('AlterUserScramCredentials', { upsertions, deletions });
  return results.map(({ user, errorCode }) => `${user} ${errorName(errorCode)}`).sort();
}

test('credentials are stored as keys, changed and removed, and snapshots hold them', (t) => {
  const to = quorum();
  t.deepEqual(alter(to, [upsertion('alice'), upsertion('bob', { mechanism: 2 })]), ['alice NONE', 'bob NONE']);
  const { image } = to.active;
  const stored = scramCredential(image, 1, 'alice');
  const { storedKey, serverKey } = credentialOf(crypto, SCRAM['SCRAM-SHA-256'], SALT, SALTED, 4096);
  t.deepEqual(stored, { name: 'alice', mechanism: 1, salt: SALT, iterations: 4096, storedKey, serverKey });
  t.is(scramCredential(image, 2, 'alice'), undefined);
  t.deepEqual(imageFromRecords(imageToRecords(image), image.provenance).scramCredentials, image.scramCredentials);

  alter(to, [upsertion('alice', { iterations: 8192 })], [{ name: 'bob', mechanism: 2 }]);
  t.is(scramCredential(to.active.image, 1, 'alice')?.iterations, 8192);
  t.is(scramCredential(to.active.image, 2, 'bob'), undefined);
});

test('what is wrong with one user leaves the others alone', (t) => {
  const to = quorum();
  const answers = alter(
    to,
    [
      upsertion('few', { iterations: 4095 }),
      upsertion('many', { iterations: 16_385 }),
      upsertion('most', { iterations: 16_384 }),
      upsertion('odd', { mechanism: 3 }),
      upsertion(''),
      upsertion('twice'),
      upsertion('twice', { mechanism: 2 }),
      upsertion('missing'),
    ],
    [
      { name: 'nobody', mechanism: 1 },
      { name: 'missing', mechanism: 1 },
    ],
  );
  t.deepEqual(answers, [
    ' UNACCEPTABLE_CREDENTIAL',
    'few UNACCEPTABLE_CREDENTIAL',
    'many UNACCEPTABLE_CREDENTIAL',
    'missing RESOURCE_NOT_FOUND',
    'most NONE',
    'nobody RESOURCE_NOT_FOUND',
    'odd UNSUPPORTED_SASL_MECHANISM',
    'twice DUPLICATE_RESOURCE',
  ]);
  t.deepEqual([...to.active.image.scramCredentials.keys()], ['1:most']);
});

test('without cryptography every user is refused', (t) => {
  const to = new TestQuorum();
  to.elect(0);
  to.commit();
  t.deepEqual(alter(to, [upsertion('alice')]), ['alice UNSUPPORTED_SASL_MECHANISM']);
  t.is(to.call('AlterUserScramCredentials', { upsertions: [], deletions: [] }).results.length, 0);
});
