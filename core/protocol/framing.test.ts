import test from 'ava';
import { FrameReader } from './framing.ts';
import { DecodeError } from './reader.ts';

test('frames are found however the stream is cut', (t) => {
  const stream = Uint8Array.of(0, 0, 0, 2, 1, 2, 0, 0, 0, 0, 0, 0, 0, 3, 3, 4, 5);
  for (let size = 1; size <= stream.length; size++) {
    const frames: string[] = [];
    const reader = new FrameReader(10);
    for (let p = 0; p < stream.length; p += size)
      reader.push(stream.subarray(p, p + size), (payload) => frames.push(payload.join()));
    t.deepEqual(frames, ['1,2', '', '3,4,5']);
  }
  t.throws(() => new FrameReader(10).push(Uint8Array.of(0, 0, 0, 11), () => {}), { instanceOf: DecodeError });
});

test('an unfinished frame takes the room of what came of it, whatever length it claims', (t) => {
  const reader = new FrameReader(100_000_000);
  const chunk = new Uint8Array(1);
  const before = process.memoryUsage().arrayBuffers;
  const frames: number[] = [];
  const take = (payload: Uint8Array) => frames.push(payload.length);
  reader.push(Uint8Array.of(0x05, 0xf5, 0xe1, 0), take);
  for (let sent = 0; sent < 100_000; sent++) reader.push(chunk, take);
  t.true(process.memoryUsage().arrayBuffers - before < 2_000_000);
  t.deepEqual(frames, []);
});
