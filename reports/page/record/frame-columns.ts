/** The frames of a run as columns, without their bytes. */
import type { FrameLog } from '../../../sim/wire/frame-log.ts';
import { Names } from './columns.ts';
import type { FrameColumns } from './run-record.ts';

export function frameColumns({ frames }: FrameLog, processOf: (name: string) => number): FrameColumns {
  const count = frames.length;
  const apis = new Names();
  const columns = {
    sentUs: new Float64Array(count),
    readUs: new Float64Array(count),
    from: new Uint8Array(count),
    to: new Uint8Array(count),
    sizeBytes: new Uint32Array(count),
    api: new Uint8Array(count),
    isRequest: new Uint8Array(count),
    pair: new Int32Array(count),
  };
  for (const [index, frame] of frames.entries()) {
    columns.sentUs[index] = frame.sentUs;
    columns.readUs[index] = frame.readUs;
    columns.from[index] = processOf(frame.from);
    columns.to[index] = processOf(frame.to);
    columns.sizeBytes[index] = frame.payload.length;
    columns.api[index] = apis.indexOf(frame.api ?? '?');
    columns.isRequest[index] = frame.isRequest ? 1 : 0;
    columns.pair[index] = frame.pair;
  }
  return { count, ...columns, apis: apis.list };
}
