import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Disk, DiskError, type DiskFile } from '../ports/disk.ts';
import { FileDisk } from './disk.ts';
import { NodeProcess } from './process.ts';

function lab(t: ExecutionContext) {
  const root = mkdtempSync(join(tmpdir(), 'trial-disk-'));
  const process = new NodeProcess('n', () => {});
  t.teardown(() => {
    process.end({ kind: 'stopped', reason: '' });
    rmSync(root, { recursive: true, force: true });
  });
  return { root, process, disk: new FileDisk(process, { durable: true }) };
}

const of = (...values: number[]) => Uint8Array.from(values);
const synced = (file: DiskFile) => new Promise((resolve) => file.sync(resolve));
const directorySynced = (disk: Disk, directory: string) =>
  new Promise((resolve) => {
    disk.syncDirectory(directory, resolve);
  });

test('appends, reads and truncations are seen at once, by every opening', (t) => {
  const { root, disk } = lab(t);
  const file = disk.open(`${root}/a`, { create: true });
  const other = disk.open(`${root}/a`);
  file.append(of(1, 2, 3));
  other.append(of(4));
  t.is(file.size, 4);
  t.deepEqual(file.read(1, 2), of(2, 3));
  t.deepEqual(file.read(2, 100), of(3, 4));
  t.deepEqual(file.read(9, 1), of());
  file.truncate(2);
  t.is(other.size, 2);
  other.append(of(9));
  t.deepEqual([...readFileSync(`${root}/a`)], [1, 2, 9]);
});

test('a read is a copy of its own', (t) => {
  const { root, disk } = lab(t);
  const file = disk.open(`${root}/a`, { create: true });
  file.append(of(1, 2));
  const bytes = file.read(0, 2);
  file.truncate(0);
  file.append(of(7, 7));
  t.deepEqual(bytes, of(1, 2));
  t.is(Object.getPrototypeOf(bytes), Uint8Array.prototype);
});

test('an open file goes on under a renamed and a removed directory', (t) => {
  const { root, disk } = lab(t);
  disk.makeDirectory(`${root}/d/e`);
  const file = disk.open(`${root}/d/e/a`, { create: true });
  disk.rename(`${root}/d`, `${root}/f`);
  file.append(of(1));
  t.is(statSync(`${root}/f/e/a`).size, 1);
  disk.remove(`${root}/f`);
  disk.remove(`${root}/f`);
  t.false(disk.exists(`${root}/f`));
  t.deepEqual(file.read(0, 1), of(1));
});

test('a rename replaces files, and directories that hold something', (t) => {
  const { root, disk } = lab(t);
  for (const name of ['a', 'b']) {
    disk.makeDirectory(`${root}/${name}`);
    disk.open(`${root}/${name}/${name}`, { create: true }).close();
  }
  disk.rename(`${root}/a`, `${root}/b`);
  t.deepEqual(disk.list(root), ['b']);
  t.deepEqual(disk.list(`${root}/b`), ['a']);
});

test('errors have the codes that core knows', (t) => {
  const { root, disk } = lab(t);
  const code = (act: () => unknown) => t.throws(act, { instanceOf: DiskError }).code;
  t.is(
    code(() => disk.open(`${root}/none`)),
    'ENOENT',
  );
  t.is(
    code(() => disk.list(`${root}/none`)),
    'ENOENT',
  );
  t.is(
    code(() => disk.rename(`${root}/none`, `${root}/b`)),
    'ENOENT',
  );
  t.is(
    code(() => disk.open(root)),
    'EEXIST',
  );
  disk.open(`${root}/a`, { create: true });
  t.is(
    code(() => disk.open(`${root}/a/b`, { create: true })),
    'ENOTDIR',
  );
});

test('syncs call back later, also when the file is closed meanwhile', async (t) => {
  const { root, disk } = lab(t);
  const file = disk.open(`${root}/a`, { create: true });
  file.append(of(1));
  let isDone = false;
  const done = synced(file).then((error) => {
    isDone = true;
    return error;
  });
  file.close();
  t.false(isDone);
  t.is(await done, null);
  t.is(await directorySynced(disk, root), null);
  t.true((await directorySynced(disk, `${root}/none`)) instanceof DiskError);
});

test('nothing is written and nobody is called back once the process is over', async (t) => {
  const { root, process, disk } = lab(t);
  const file = disk.open(`${root}/a`, { create: true });
  file.append(of(1));
  file.sync(() => t.fail());
  process.end({ kind: 'killed', reason: '' });
  file.append(of(2));
  disk.remove(`${root}/a`);
  await new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
  t.is(statSync(`${root}/a`).size, 1);
});

/** Runs it as somebody who is bound by the rights of files, which root is not. */
function unprivileged(action: () => void): void {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    action();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

const withRights = process.platform === 'win32' ? test.skip : test;

withRights('a file that may not be written is read; one that is to be made, or written, must be writable', (t) => {
  const { root, disk } = lab(t);
  const snapshot = `${root}/snapshot`;
  writeFileSync(snapshot, of(1, 2));
  chmodSync(snapshot, 0o444);
  chmodSync(root, 0o555);
  unprivileged(() => {
    const file = disk.open(snapshot);
    t.deepEqual(file.read(0, 9), of(1, 2));
    t.throws(() => file.append(of(3)), { instanceOf: DiskError });
    file.close();
    t.like(
      t.throws(() => disk.open(snapshot, { create: true }), { instanceOf: DiskError }),
      { code: 'EIO' },
    );
    t.like(
      t.throws(() => disk.open(`${root}/absent`, { create: true }), { instanceOf: DiskError }),
      { code: 'EIO' },
    );
  });
});
