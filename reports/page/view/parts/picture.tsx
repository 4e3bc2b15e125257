/** The picture: the whole run in a strip, the lanes, and what partitions, groups and transactions went through, on one time axis. */
import { useCallback, useMemo, useState } from 'preact/hooks';
import type { PartitionTrack, RunRecord } from '../../record/run-record.ts';
import { drawFrames, frameAt, framesShown } from '../draw/frames.ts';
import { drawGroup, groupHeight } from '../draw/groups.ts';
import { drawLanes, laneAt, lanesHeight } from '../draw/lanes.ts';
import { drawAxis, drawCursor, drawViolations } from '../draw/marks.ts';
import { drawOffsets, offsetsHeight } from '../draw/offsets.ts';
import { activityOf, drawOverview, OVERVIEW_HEIGHT } from '../draw/overview.ts';
import { GUTTER, type Stage, type TimeWindow } from '../draw/stage.ts';
import { drawTransaction, transactionHeight } from '../draw/transactions.ts';
import type { Focus } from '../model/focus.ts';
import { Legend } from './help.tsx';
import { Strips } from './strips.tsx';
import { TimeCanvas } from './time-canvas.tsx';

interface PictureProps {
  readonly record: RunRecord;
  readonly us: number;
  readonly window: TimeWindow;
  readonly themeKey: string;
  readonly selected: number;
  readonly frame: number;
  readonly focus: Focus;
  readonly onScrub: (us: number) => void;
  readonly onWindow: (window: TimeWindow) => void;
  readonly onZoom: (factor: number, aroundUs: number) => void;
  readonly onPan: (byUs: number) => void;
  readonly onProcess: (process: number) => void;
  readonly onFrame: (frame: number) => void;
  /** Somebody looks at these partitions or groups. */
  readonly onSubjects: (subjects: readonly string[]) => void;
}

const PARTITIONS_MOST = 4;
const TRANSACTIONS_MOST = 3;

export function Picture(props: PictureProps) {
  const { record, us, window, themeKey, selected, frame, focus } = props;
  const [partitions, setPartitions] = useState<readonly string[]>(focus.partitions);
  const [group, setGroup] = useState<string | null>(focus.group);
  const [hasClients, setHasClients] = useState(true);
  const [transactions, setTransactions] = useState<readonly string[]>(() => firstTransactions(record, focus));
  const activity = useMemo(() => activityOf(record), [record]);
  const tracks = partitions.flatMap((name) => record.partitions.find((each) => each.name === name) ?? []);
  const first = tracks[0] ?? null;
  const groupTrack = record.groups.find(({ name }) => name === group) ?? null;
  const lanes = useMemo(
    () =>
      record.processes.flatMap(({ kind }, index) => (kind === 'harness' || (kind === 'client' && !hasClients) ? [] : [index])),
    [record, hasClients],
  );

  const shared = { window, themeKey, onScrub: props.onScrub, onZoom: props.onZoom, onPan: props.onPan };
  const onTop = (stage: Stage, isLabelled: boolean): void => {
    drawViolations(stage, record, isLabelled);
    drawCursor(stage, us);
  };
  const drawTheLanes = useCallback(
    (stage: Stage): void => {
      drawAxis(stage, record, true);
      drawLanes(stage, { record, lanes, cursorUs: us, partition: first, selected });
      const shown = framesShown(record.frames, stage, lanes);
      if (shown !== null) drawFrames(stage, record.frames, shown, lanes, frame);
      onTop(stage, true);
    },
    [record, lanes, us, first, selected, frame],
  );
  const drawTheOverview = useCallback(
    (stage: Stage): void => {
      drawOverview(stage, record, activity, window);
      onTop(stage, false);
    },
    [record, activity, window, us],
  );
  const press = (stage: Stage, x: number, y: number): boolean => {
    if (x < GUTTER) {
      const process = laneAt(lanes, y);
      if (process !== -1) props.onProcess(process);
      return true;
    }
    const shown = framesShown(record.frames, stage, lanes);
    const index = shown === null ? -1 : frameAt(stage, record.frames, shown, lanes, x, y);
    if (index === -1) return false;
    props.onFrame(index);
    return true;
  };
  const choose = (chosen: readonly string[]): void => {
    setPartitions(chosen);
    props.onSubjects(chosen);
  };

  return (
    <div class="picture">
      <TimeCanvas
        {...shared}
        label="the whole run"
        height={OVERVIEW_HEIGHT}
        window={{ fromUs: 0, toUs: record.endUs }}
        draw={drawTheOverview}
        onScrub={(at) => {
          const half = (window.toUs - window.fromUs) / 2;
          const from = Math.max(0, Math.min(record.endUs - 2 * half, at - half));
          if (2 * half < record.endUs) props.onWindow({ fromUs: from, toUs: from + 2 * half });
          props.onScrub(at);
        }}
      />
      <div class="lanes">
        <TimeCanvas {...shared} label="the processes over time" height={lanesHeight(lanes)} draw={drawTheLanes} onPress={press} />
      </div>
      <p class="choices">
        <Choice
          label="partition"
          value={partitions[0] ?? ''}
          options={record.partitions.map(({ name }) => name)}
          onValue={(name) => choose([name, ...partitions.slice(1).filter((each) => each !== name)])}
        />
        <Choice
          label="beside it"
          value=""
          none="another ..."
          options={record.partitions.map(({ name }) => name).filter((name) => !partitions.includes(name))}
          onValue={(name) => choose([...partitions, name].slice(-PARTITIONS_MOST))}
        />
        {partitions.length > 1 ? (
          <button type="button" class="link" onClick={() => choose(partitions.slice(0, 1))}>
            only the first
          </button>
        ) : null}
        {record.groups.length === 0 ? null : (
          <Choice
            label="group"
            value={group ?? ''}
            none="none"
            options={record.groups.map(({ name }) => name)}
            onValue={(name) => {
              setGroup(name === '' ? null : name);
              if (name !== '') props.onSubjects([name]);
            }}
          />
        )}
        {record.transactions.length === 0 ? null : (
          <Choice
            label="transactions of"
            value={transactions[0] ?? ''}
            none="nobody"
            options={record.transactions.map(({ id }) => id)}
            onValue={(id) => setTransactions(id === '' ? [] : [id])}
          />
        )}
        <label>
          <input type="checkbox" checked={hasClients} onChange={(event) => setHasClients(event.currentTarget.checked)} /> clients
        </label>
      </p>
      {groupTrack === null ? null : (
        <TimeCanvas
          {...shared}
          label={`the group ${groupTrack.name} over time`}
          height={groupHeight(groupTrack)}
          draw={(stage) => {
            drawAxis(stage, record, false);
            drawGroup(stage, record, groupTrack, us);
            onTop(stage, false);
          }}
        />
      )}
      {transactions
        .flatMap((id) => record.transactions.find((each) => each.id === id) ?? [])
        .map((track) => (
          <TimeCanvas
            key={track.id}
            {...shared}
            label={`transactions of ${track.id} over time`}
            height={transactionHeight(track)}
            draw={(stage) => {
              drawAxis(stage, record, false);
              drawTransaction(stage, record, track);
              onTop(stage, false);
            }}
          />
        ))}
      {tracks.map((track) => (
        <PartitionView
          key={track.name}
          {...shared}
          record={record}
          track={track}
          us={us}
          onTop={onTop}
          onProcess={props.onProcess}
        />
      ))}
      <Legend />
    </div>
  );
}

interface PartitionViewProps
  extends Pick<PictureProps, 'record' | 'us' | 'window' | 'themeKey' | 'onScrub' | 'onZoom' | 'onPan' | 'onProcess'> {
  readonly track: PartitionTrack;
  readonly onTop: (stage: Stage, isLabelled: boolean) => void;
}

function PartitionView({ record, track, us, onTop, onProcess, ...shared }: PartitionViewProps) {
  return (
    <>
      <TimeCanvas
        {...shared}
        label={`the logs of ${track.name} over time`}
        height={offsetsHeight(track)}
        draw={(stage) => {
          drawAxis(stage, record, false);
          drawOffsets(stage, record, track);
          onTop(stage, false);
        }}
      />
      <Strips record={record} partition={track} us={us} onOpen={onProcess} />
    </>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly string[];
  readonly none?: string;
  readonly onValue: (value: string) => void;
}

function Choice({ label, value, options, none, onValue }: ChoiceProps) {
  return (
    <label>
      {label}{' '}
      <select value={value} onChange={(event) => onValue(event.currentTarget.value)}>
        {none === undefined ? null : <option value="">{none}</option>}
        {options.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Those that have to do with what the page is about; without a violation the first one. */
function firstTransactions({ transactions, violations }: RunRecord, { partitions }: Focus): readonly string[] {
  const message = violations[0]?.message ?? '';
  const named = transactions.filter(({ id }) => message.includes(id));
  const touching = transactions.filter(({ bars }) => bars.some(({ partition }) => partitions.includes(partition)));
  const isAboutTransactions = /^[TXE]/.test(violations[0]?.property ?? '') || message.includes('transaction');
  const chosen = named.length > 0 ? named : violations.length === 0 || isAboutTransactions ? touching : [];
  return chosen.slice(0, TRANSACTIONS_MOST).map(({ id }) => id);
}
