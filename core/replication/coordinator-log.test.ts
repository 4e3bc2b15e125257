import test from 'ava';
import { StorageError } from '../log/types.ts';
import { ReplicatedCoordinatorLog } from './coordinator-log.ts';

/** The log of one partition, whose reads do this. */
function logThat(read: () => unknown): ReplicatedCoordinatorLog {
  const replicas = { partition: () => ({ log: { read } }) };
  return new ReplicatedCoordinatorLog(replicas as never, '__consumer_offsets');
}

test('a disk that fails while a coordinator loads ends its loading, not its process', (t) => {
  const broken = logThat(() => {
    throw new StorageError('EIO');
  });
  t.is(broken.read(0, 0, 100), null);
  t.is(logThat(() => 'out-of-range').read(0, 0, 100), null);
  const wrong = logThat(() => {
    throw new Error('a fault of the program');
  });
  t.throws(() => wrong.read(0, 0, 100), { message: 'a fault of the program' });
});
