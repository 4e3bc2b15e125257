/** Where in time the page is, and the ways to another moment. */
import { faultsAt, timeText } from '../model/at.ts';
import type { RunRecord } from '../../record/run-record.ts';

interface ToolbarProps {
  readonly record: RunRecord;
  readonly us: number;
  readonly kind: string | null;
  readonly onKind: (kind: string | null) => void;
  readonly onStep: (direction: 1 | -1) => void;
  readonly onShift: (us: number) => void;
  readonly onMoment: (us: number, line: number) => void;
  readonly onZoom: (factor: number) => void;
  readonly onFit: () => void;
}

export function Toolbar({ record, us, kind, onKind, onStep, onShift, onMoment, onZoom, onFit }: ToolbarProps) {
  const phase = record.phases.findLast((each) => each.us <= us)?.phase ?? 'boot';
  const underWay = faultsAt(record.faults, us);
  const kinds = [...record.lines.types].toSorted();
  return (
    <>
      <div class="toolbar" role="toolbar" aria-label="time">
        <output class="clock" aria-live="off">
          {timeText(us)}
          <small>{phase}</small>
        </output>
        <span class="group">
          <button type="button" onClick={() => onShift(-1_000)} title="1 ms back (Shift ←)">
            −1 ms
          </button>
          <button type="button" onClick={() => onStep(-1)} title="event before (←)">
            ◂ event
          </button>
          <button type="button" onClick={() => onStep(1)} title="next event (→)">
            event ▸
          </button>
          <button type="button" onClick={() => onShift(1_000)} title="1 ms on (Shift →)">
            +1 ms
          </button>
        </span>
        <label>
          kind{' '}
          <select
            value={kind ?? ''}
            onChange={(event) => onKind(event.currentTarget.value === '' ? null : event.currentTarget.value)}
            title="what event ◂ ▸ steps to"
          >
            <option value="">any</option>
            {kinds.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          go to{' '}
          <select
            value=""
            onChange={(event) => {
              const [at, line] = event.currentTarget.value.split(' ').map(Number);
              if (at !== undefined && !Number.isNaN(at)) onMoment(at, line ?? -1);
              event.currentTarget.value = '';
            }}
          >
            <option value="">a mark ...</option>
            {marksOf(record).map(({ label, marks }) => (
              <optgroup key={label} label={label}>
                {marks.map(({ text, us: at, line }, index) => (
                  <option key={index} value={`${at} ${line}`}>
                    {(at / 1e6).toFixed(3)} s {text}
                  </option>
                ))}
              </optgroup>
            ))}
          </select>
        </label>
        <span class="group">
          <button type="button" onClick={() => onZoom(0.5)} title="zoom in (+)">
            +
          </button>
          <button type="button" onClick={() => onZoom(2)} title="zoom out (−)">
            −
          </button>
          <button type="button" onClick={onFit} title="the whole run (0)">
            all
          </button>
        </span>
      </div>
      <p class="under-way">
        {underWay.length === 0
          ? 'no fault under way'
          : `under way: ${underWay.map(({ kind: fault, processes }) => `${fault} on ${whom(record, processes)}`).join('; ')}`}
      </p>
    </>
  );
}

/** Names of the processes, or how many they are. */
function whom(record: RunRecord, processes: readonly number[]): string {
  if (processes.length > 3) return `${processes.length} processes`;
  return processes.map((process) => record.processes[process]?.name ?? '?').join(', ');
}

interface Mark {
  readonly text: string;
  readonly us: number;
  readonly line: number;
}

function marksOf(record: RunRecord): readonly { readonly label: string; readonly marks: readonly Mark[] }[] {
  const cuts = record.partitions.flatMap(({ name, cuts: list }) =>
    list.map(({ us, process, from, to }) => ({
      text: `${record.processes[process]?.name ?? ''} cuts ${name} ${from}→${to}`,
      us,
      line: -1,
    })),
  );
  return [
    { label: 'violations', marks: record.violations.map(({ property, us, line }) => ({ text: property, us, line })) },
    { label: 'phases', marks: record.phases.map(({ phase, us }) => ({ text: phase, us, line: -1 })) },
    {
      label: 'faults',
      marks: record.faults
        .filter(({ isRefused }) => !isRefused)
        .map(({ kind, fromUs }) => ({ text: kind, us: fromUs, line: -1 })),
    },
    { label: 'truncations', marks: cuts.toSorted((a, b) => a.us - b.us).slice(0, 100) },
  ].filter(({ marks }) => marks.length > 0);
}
