import test from 'ava';
import { DiskError } from '../../ports/disk.ts';
import { AtomicFile } from './atomic-file.ts';
import { TestEnvironment } from './testing/test-environment.ts';

function setUp() {
  const env = new TestEnvironment();
  env.disk.makeDirectory('d');
  const told: string[] = [];
  const file = new AtomicFile(env.disk, 'd/file');
  const write = (text: string): void =>
    file.write(text, (error, isOvertaken) => {
      told.push(`${text}: ${error?.code ?? (isOvertaken ? 'overtaken' : `the file is ${file.read()}`)}`);
    });
  return { env, told, write };
}

test('a text that was overtaken before it reached the disk says so, when the newer one is durable', (t) => {
  const { env, told, write } = setUp();
  for (const text of ['a', 'b', 'c', 'd']) write(text);
  env.advance(0);
  t.deepEqual(told, ['a: the file is a', 'b: overtaken', 'c: overtaken', 'd: the file is d']);
});

test('an error ends those who wait, too', (t) => {
  const { env, told, write } = setUp();
  for (const text of ['a', 'b', 'c']) write(text);
  env.medium.failDirectory('d');
  env.advance(0);
  t.deepEqual(told.sort(), ['a: EIO', 'b: EIO', 'c: EIO']);
  t.throws(() => write('d'), { instanceOf: DiskError });
});
