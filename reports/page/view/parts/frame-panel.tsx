/** A frame, field by field. */
import { useEffect, useState } from 'preact/hooks';
import type { DecodedFrame } from '../../../../sim/wire/frame-log.ts';
import { spanText, timeText } from '../model/at.ts';
import type { Session } from '../session.ts';

interface FramePanelProps {
  readonly session: Session;
  readonly frame: number;
  readonly onFrame: (frame: number) => void;
  readonly onMoment: (us: number) => void;
}

export function FramePanel({ session, frame, onFrame, onMoment }: FramePanelProps) {
  const { record, recorder } = session;
  const [decoded, setDecoded] = useState<DecodedFrame | null>(null);
  useEffect(() => {
    let isWanted = true;
    if (frame === -1) return;
    recorder.ask('frame', { index: frame }).then(
      (found) => isWanted && setDecoded(found),
      (error: unknown) => isWanted && setDecoded({ title: String(error), body: null }),
    );
    return () => {
      isWanted = false;
    };
  }, [session, frame]);

  if (frame === -1) {
    return (
      <p class="note">
        Zoom in until lines show between the lanes (a second or less), and press one of them: a frame on its way.
      </p>
    );
  }
  const { frames, processes } = record;
  const pair = frames.pair[frame] as number;
  const sentUs = frames.sentUs[frame] as number;
  const readUs = frames.readUs[frame] as number;
  const name = (index: number | undefined): string => processes[index ?? -1]?.name ?? '?';
  return (
    <div class="frame">
      <h4>
        {name(frames.from[frame])} → {name(frames.to[frame])}: {frames.apis[frames.api[frame] as number]}{' '}
        {frames.isRequest[frame] === 1 ? 'request' : 'response'}
      </h4>
      <p>
        {frames.sizeBytes[frame]} bytes, sent at{' '}
        <button type="button" class="link" onClick={() => onMoment(sentUs)}>
          {timeText(sentUs)}
        </button>
        {readUs === -1 ? (
          <b class="bad">, never read</b>
        ) : (
          <>
            , read {spanText(readUs - sentUs)} later, at{' '}
            <button type="button" class="link" onClick={() => onMoment(readUs)}>
              {timeText(readUs)}
            </button>
          </>
        )}
        {pair === -1 ? (
          frames.isRequest[frame] === 1 ? (
            ', not answered'
          ) : (
            ''
          )
        ) : (
          <>
            {' '}
            <button type="button" class="link" onClick={() => onFrame(pair)}>
              {frames.isRequest[frame] === 1 ? 'its response' : 'its request'}
            </button>
          </>
        )}
      </p>
      {decoded === null ? null : (
        <>
          <p class="note">{decoded.title}</p>
          <Value name="" value={decoded.body} depth={0} />
        </>
      )}
    </div>
  );
}

const DEEP = 3;
const ITEMS_MAX = 200;

function Value({ name, value, depth }: { readonly name: string; readonly value: unknown; readonly depth: number }) {
  if (typeof value !== 'object' || value === null) {
    return (
      <div class="field">
        {name === '' ? null : <span class="name">{name}</span>} {typeof value === 'string' ? value : JSON.stringify(value)}
      </div>
    );
  }
  const entries = Object.entries(value);
  const kind = Array.isArray(value) ? `${entries.length} item${entries.length === 1 ? '' : 's'}` : '';
  const fields = entries
    .slice(0, ITEMS_MAX)
    .map(([key, inner]) => <Value key={key} name={key} value={inner} depth={depth + 1} />);
  if (name === '') return <div>{fields}</div>;
  return (
    <details class="field" open={depth < DEEP && entries.length <= 20}>
      <summary>
        <span class="name">{name}</span> <small>{kind}</small>
      </summary>
      {fields}
      {entries.length > ITEMS_MAX ? <p class="note">and {entries.length - ITEMS_MAX} more</p> : null}
    </details>
  );
}
