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
