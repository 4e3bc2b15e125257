import test from 'ava';
import { createNodeHost } from '../campaign/host-node.ts';
import type { Disk, DiskError } from '../ports/disk.ts';
import { World, type WorldOptions } from './world.ts';

function lab(options: Partial<WorldOptions> = {}) {
  const world = new World({ seed: 1, ...options });
  const machine = world.createMachine({ name: 'm' });
  const process = world.createProcess({ name: 'p', machine });
  process.start();
  const run = (us: number) => world.run({ until: world.now + us, host: createNodeHost() });
  const disk = (): Disk => (process.environment as NonNullable<typeof process.environment>).disk;
  /** Syncs and returns the outcome: null is success. */
  const sync = async (start: (done: (error: DiskError | null) => void) => void) => {
    const outcome: (DiskError | null)[] = [];
    start((error) => outcome.push(error));
    await run(1_000_000);
    if (outcome.length !== 1) throw new Error(`${outcome.length} answers`);
    return outcome[0] ?? null;
  };
  const cyclePower = () => {
    machine.powerOff();
    machine.powerOn();
    process.start();
  };
  return { world, machine, process, run, disk, sync, cyclePower };
}

const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);
const text = (file: Uint8Array | null) => (file === null ? null : [...file].join(''));

test('files: create, append, read, truncate, rename, remove', (t) => {
  const { disk } = lab();
  const d = disk();
  t.throws(() => d.open('/logs/a'), { code: 'ENOENT' });
  t.throws(() => d.open('/logs/a', { create: true }), { code: 'ENOENT' });
  d.makeDirectory('/logs/x');
  const file = d.open('/logs/x/a', { create: true });
  file.append(bytes(3, 1));
  file.append(bytes(500, 2));
  file.append(bytes(2, 3));
  t.is(file.size, 505);
  t.deepEqual([...file.read(2, 2)], [1, 2]);
  t.deepEqual([...file.read(502, 100)], [2, 3, 3]);
  t.is(file.read(505, 1).length, 0);
  file.truncate(4);
  file.append(bytes(1, 9));
  t.is(text(file.read(0, 10)), '11129');
  d.rename('/logs/x/a', '/logs/x/b');
  t.deepEqual(d.list('/logs/x'), ['b']);
  d.rename('/logs/x', '/logs/y');
  t.true(d.exists('/logs/y/b'));
  t.throws(() => d.list('/logs/x'), { code: 'ENOENT' });
  t.throws(() => d.list('/logs/y/b'), { code: 'ENOTDIR' });
  d.remove('/logs');
  d.remove('/logs');
  t.false(d.exists('/logs/y/b'));
});

test('large chunks are kept and read by reference; a reader keeps what it read when the file is cut and written anew', (t) => {
  const { disk } = lab();
  const file = disk().open('/a', { create: true });
  const chunk = bytes(1000, 7);
  file.append(chunk);
  t.is(file.read(0, 1000), chunk);
  t.is(file.read(10, 5).buffer, chunk.buffer);
  file.append(bytes(8, 1));
  const seen = file.read(1000, 8);
  file.truncate(1004);
  file.append(bytes(8, 2));
  t.is(text(seen), '11111111');
  t.is(text(file.read(1000, 20)), '111122222222');
});

test('a process crash takes nothing; power loss keeps what was synced, names included', async (t) => {
  for (let seed = 0; seed < 20; seed++) {
    const { machine, process, disk, sync, cyclePower } = lab({ seed });
    disk().makeDirectory('/d');
    const file = disk().open('/d/a', { create: true });
    file.append(bytes(600, 1));
    process.restart();
    t.is(machine.disk.peek('/d/a')?.length, 600);
    t.is(await sync((done) => disk().open('/d/a').sync(done)), null);
    t.is(await sync((done) => disk().syncDirectory('/d', done)), null);
    t.is(await sync((done) => disk().syncDirectory('/', done)), null);
    disk().open('/d/a').append(bytes(5000, 2));
    cyclePower();
    const after = machine.disk.peek('/d/a') as Uint8Array;
    t.true(after.length >= 600 && after.length <= 5600);
    t.deepEqual(after.slice(0, 600), bytes(600, 1));
  }
});

test('what was not synced is kept, lost or torn by sectors', async (t) => {
  const fates = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const { machine, disk, sync, cyclePower } = lab({ seed });
    disk().open('/a', { create: true }).append(bytes(10, 1));
    await sync((done) => disk().open('/a').sync(done));
    await sync((done) => disk().syncDirectory('/', done));
    disk().open('/a').append(bytes(4000, 2));
    cyclePower();
    const after = machine.disk.peek('/a') as Uint8Array;
    const zeros = after.filter((byte) => byte === 0).length;
    fates.add(after.length === 4010 && zeros === 0 ? 'kept' : after.length === 10 ? 'lost' : 'torn');
    for (let at = 512; at + 512 <= after.length; at += 512) t.is(new Set(after.subarray(at, at + 512)).size, 1);
  }
  t.deepEqual([...fates].toSorted(), ['kept', 'lost', 'torn']);
});

test('a sync covers what the file held when it began, and nothing before it has called back', async (t) => {
  let lost = false;
  for (let seed = 0; seed < 30; seed++) {
    const { machine, disk, run, sync, cyclePower } = lab({ seed });
    const file = disk().open('/a', { create: true });
    await sync((done) => disk().syncDirectory('/', done));
    file.append(bytes(600, 1));
    file.sync(() => t.fail('called back after power loss'));
    cyclePower();
    if (machine.disk.peek('/a')?.length !== 600) lost = true;
    await run(1_000_000);
  }
  t.true(lost);
});

test('names that were not synced come and go as a prefix of the changes of their directory', (t) => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const { machine, disk, cyclePower } = lab({ seed });
    disk().open('/a', { create: true });
    disk().open('/b', { create: true });
    disk().rename('/a', '/c');
    disk().remove('/b');
    cyclePower();
    seen.add(machine.disk.files('/').join(' '));
  }
  t.deepEqual([...seen].toSorted(), ['', '/a', '/a /b', '/b /c', '/c']);
});

test('an unsynced truncation has happened or not', async (t) => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const { machine, disk, sync, cyclePower } = lab({ seed });
    const file = disk().open('/a', { create: true });
    file.append(bytes(4, 1));
    await sync((done) => file.sync(done));
    await sync((done) => disk().syncDirectory('/', done));
    file.truncate(2);
    file.truncate(1);
    file.append(bytes(1, 5));
    cyclePower();
    seen.add(text(machine.disk.peek('/a')) as string);
  }
  t.true(seen.has('1111') && seen.has('1') && seen.has('15'), [...seen].join());
});

test('old changes of names become durable by themselves', async (t) => {
  const { machine, disk, run, cyclePower } = lab();
  disk().open('/a', { create: true });
  await run(6_000_000);
  disk().open('/b', { create: true });
  cyclePower();
  t.true(machine.disk.files('/').includes('/a'));
});

test('a failed sync: EIO once, a retry reports success, the bytes are readable until the power is lost', async (t) => {
  const { machine, disk, sync, cyclePower } = lab();
  const file = disk().open('/a', { create: true });
  await sync((done) => disk().syncDirectory('/', done));
  file.append(bytes(4, 1));
  machine.disk.failSyncs('/a');
  t.is((await sync((done) => file.sync(done)))?.code, 'EIO');
  t.is(await sync((done) => file.sync(done)), null);
  file.append(bytes(2, 2));
  t.is(await sync((done) => file.sync(done)), null);
  t.is(text(file.read(0, 9)), '111122');
  cyclePower();
  t.is(text(machine.disk.peek('/a')), '000022');
});

test('a lost write and a torn write report success', async (t) => {
  const { machine, disk, sync, cyclePower } = lab();
  const [a, b] = ['/a', '/b'].map((path) => disk().open(path, { create: true }));
  await sync((done) => disk().syncDirectory('/', done));
  machine.disk.loseWrites('/a');
  machine.disk.tearWrites('/b');
  a?.append(bytes(4, 1));
  b?.append(bytes(5120, 1));
  t.is(await sync((done) => a?.sync(done)), null);
  t.is(await sync((done) => b?.sync(done)), null);
  cyclePower();
  t.is(text(machine.disk.peek('/a')), '0000');
  t.is(new Set(machine.disk.peek('/b')).size, 2);
});

test('only files with the ending are lied about; what was torn is told with the loss of power', async (t) => {
  const { world, machine, disk, sync, cyclePower } = lab();
  const torn: string[] = [];
  world.observe({ onTorn: (name, path) => torn.push(`${name} ${path}`) });
  disk().makeDirectory('/d');
  await sync((done) => disk().syncDirectory('/', done));
  const names = ['/d/a.log', '/d/b.log', '/d/c.index'];
  const files = names.map((path) => disk().open(path, { create: true }));
  await sync((done) => disk().syncDirectory('/d', done));
  const lost = machine.disk.loseWrites('/', 1, '.log');
  const write = async (index: number): Promise<void> => {
    files[index]?.append(bytes(5120, 1));
    t.is(await sync((done) => files[index]?.sync(done)), null);
  };
  await write(2);
  await write(0);
  lost();
  machine.disk.tearWrites('/', 5, '.log')();
  await write(0);
  machine.disk.tearWrites('/', 1, '.log');
  await write(1);
  t.deepEqual(torn, []);
  cyclePower();
  t.deepEqual(torn, [`${machine.name} /d/b.log`]);
  const holds = names.map((path) => [...new Set(machine.disk.peek(path))].toSorted().join(''));
  t.deepEqual(holds, ['01', '01', '1']);
  t.deepEqual(machine.disk.peek('/d/a.log')?.slice(0, 5120), bytes(5120, 0));
});

test('a disk that is restored holds what a snapshot held, all of it durable, and the snapshot stays as it is', async (t) => {
  const { machine, process, disk, run, cyclePower } = lab();
  disk().makeDirectory('/d');
  disk().open('/d/a', { create: true }).append(bytes(700, 1));
  disk().open('/d/gone', { create: true }).append(bytes(3, 3));
  const snapshot = machine.disk.snapshot();
  const file = disk().open('/d/a');
  file.append(bytes(200, 2));
  file.append(bytes(100, 2));
  disk().remove('/d/gone');
  disk().open('/d/new', { create: true });
  file.sync(() => t.fail('a sync of the disk that is gone'));
  for (let times = 0; times < 2; times++) {
    process.kill();
    machine.disk.restore(snapshot);
    t.deepEqual(machine.disk.files('/'), ['/d/a', '/d/gone']);
    process.start();
    disk().open('/d/a').append(bytes(50, 5));
    disk().remove('/d/gone');
    await run(1_000_000);
    process.kill();
    machine.disk.restore(snapshot);
    cyclePower();
    t.deepEqual(machine.disk.peek('/d/a'), bytes(700, 1));
    t.is(text(machine.disk.peek('/d/gone')), '333');
  }
});

test('what a sync leaves off the medium is told when it happens, not when it is arranged', async (t) => {
  const { world, machine, disk, sync } = lab();
  const told: string[] = [];
  world.observe({ onSyncLied: (name, path) => told.push(`${name} ${path}`) });
  const file = disk().open('/a', { create: true });
  machine.disk.failSyncs('/a');
  t.is((await sync((done) => file.sync(done)))?.code, 'EIO');
  t.deepEqual(told, [], 'there was nothing to lose');
  machine.disk.loseWrites('/a');
  file.append(bytes(4, 1));
  t.deepEqual(told, []);
  t.is(await sync((done) => file.sync(done)), null);
  t.deepEqual(told, [`${machine.name} /a`]);
});

test('read errors, a failing directory, and a full disk', async (t) => {
  const { machine, disk, sync } = lab();
  disk().makeDirectory('/d1');
  disk().makeDirectory('/d10');
  const file = disk().open('/d1/a', { create: true });
  file.append(bytes(4, 1));
  machine.disk.failReads('/d1');
  t.throws(() => file.read(0, 1), { code: 'EIO' });
  t.is(file.read(0, 1).length, 1);
  const undo = machine.disk.failDirectory('/d1');
  t.throws(() => file.append(bytes(1, 1)), { code: 'EIO' });
  t.throws(() => disk().list('/d1'), { code: 'EIO' });
  t.is((await sync((done) => file.sync(done)))?.code, 'EIO');
  t.notThrows(() => disk().list('/d10'));
  undo();
  const free = machine.disk.fill();
  t.throws(() => file.append(bytes(1, 1)), { code: 'ENOSPC' });
  t.throws(() => disk().open('/new', { create: true }), { code: 'ENOSPC' });
  t.is(file.size, 4);
  free();
  const all = machine.disk.fill(3);
  t.throws(() => file.append(bytes(5, 1)), { code: 'ENOSPC' }, 'what fits is written, as by write(2)');
  t.is(file.size, 7);
  all();
  t.notThrows(() => file.append(bytes(1, 1)));
});

test('bit rot flips one bit; a wipe takes names and content for good', async (t) => {
  const { machine, disk, cyclePower } = lab();
  disk().makeDirectory('/d');
  const source = bytes(1000, 0);
  disk().open('/d/a.log', { create: true }).append(source);
  t.is(machine.disk.rot('/d', '.index'), null);
  const rotten = machine.disk.rot('/d', '.log');
  t.is(rotten?.path, '/d/a.log');
  const after = machine.disk.peek('/d/a.log') as Uint8Array;
  t.is(after.filter((byte) => byte !== 0).length, 1);
  t.true(
    source.every((byte) => byte === 0),
    'the bytes of others stay as they are',
  );
  machine.disk.wipe('/d');
  cyclePower();
  t.deepEqual(machine.disk.files('/'), []);
});

test('a slow disk and a stall delay syncs, and blocking stalls hold up the process', async (t) => {
  const { world, machine, process, disk, run } = lab();
  const file = disk().open('/a', { create: true });
  const undo = machine.disk.slow(100);
  const times: number[] = [];
  file.sync(() => times.push(world.now));
  await run(10_000_000);
  t.true((times[0] as number) >= 40_000);
  undo();
  const begun = world.now;
  machine.disk.stall(3_000_000, { blocking: true });
  file.sync(() => times.push(world.now));
  process.post(0, () => file.append(bytes(1, 1)));
  process.environment?.timers.after(1, () => times.push(world.now));
  await run(10_000_000);
  t.true(
    times.slice(1).every((time) => time >= begun + 3_000_000),
    times.join(),
  );
});

test('a sync of a dead process goes on, but nobody is called', async (t) => {
  const { machine, process, disk, sync, run, cyclePower } = lab();
  const file = disk().open('/a', { create: true });
  await sync((done) => disk().syncDirectory('/', done));
  file.append(bytes(600, 1));
  file.sync(() => t.fail());
  process.restart();
  await run(1_000_000);
  cyclePower();
  t.is(machine.disk.peek('/a')?.length, 600);
});

test('a halted process does nothing more in the same event', async (t) => {
  const { machine, process, run } = lab();
  const changes: string[] = [];
  process.restart((env) => {
    const file = env.disk.open('/a', { create: true });
    env.halt('all log directories failed');
    file.append(bytes(1, 1));
    env.timers.after(0, () => t.fail());
    env.network.listen(1, () => ({ onData() {}, onClose() {} }));
    changes.push('halted');
    throw new Error('never heard of');
  });
  await run(1_000_000);
  t.deepEqual(changes, ['halted']);
  t.false(process.alive);
  t.is(machine.disk.peek('/a')?.length, 0);
});
