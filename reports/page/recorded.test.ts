/** A recorded run comes out of its text as it went in. */
import test from 'ava';
import type { RunRecord } from './record/run-record.ts';
import { recordedRun, recordedText } from './recorded.ts';

test('columns are columns again, of their kinds', (t) => {
  const record = {
    verdict: 'fail',
    lines: { count: 2, us: Float64Array.of(0.5, 1e15), type: Uint16Array.of(0, 1), process: Uint8Array.of(255, 3) },
    frames: { pair: Int32Array.of(-1, 0), sizeBytes: Uint32Array.of() },
    processes: [{ name: 'b1', kind: 'broker' }],
    error: null,
  } as unknown as RunRecord;
  const run = { record, texts: ['', '<script>'] };
  t.deepEqual(recordedRun(recordedText(run)), run);
});
