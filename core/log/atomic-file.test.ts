import test from 'ava';
import { DiskError } from '../../ports/disk.ts';
import { AtomicFile } from './atomic-file.ts';
import { MemoryDisk } from './testing/memory-disk.ts';

function setUp() {
  const disk = new MemoryDisk();
  disk.makeDirectory('d');
  const told: string[] = [];
  const file = new AtomicFile(disk, 'd/file');
  const write = (text: string): void =>
    file.write(text, (error, isOvertaken) => {
      told.push(`${text}: ${error?.code ?? (isOvertaken ? 'overtaken' : `the file is ${file.read()}`)}`);
    });
  return { disk, told, write };
}

test('a text that was overtaken before it reached the disk says so, when the newer one is durable', (t) => {
  const { disk, told, write } = setUp();
  for (const text of ['a', 'b', 'c', 'd']) write(text);
  disk.completeSyncs();
  t.deepEqual(told, ['a: the file is a', 'b: overtaken', 'c: overtaken', 'd: the file is d']);
});

test('an error ends those who wait, too', (t) => {
  const { disk, told, write } = setUp();
  for (const text of ['a', 'b', 'c']) write(text);
  disk.failing = () => true;
  disk.completeSyncs();
  t.deepEqual(told.sort(), ['a: EIO', 'b: EIO', 'c: EIO']);
  t.throws(() => write('d'), { instanceOf: DiskError });
});
