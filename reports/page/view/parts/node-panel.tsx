/** All of a node at the moment, by a run that was brought there. */
import { useEffect, useState } from 'preact/hooks';
import type { LogPage, NodeState, StateTable } from '../../protocol.ts';
import { timeText } from '../model/at.ts';
import type { Session } from '../session.ts';

interface NodePanelProps {
  readonly session: Session;
  readonly us: number;
  readonly process: number;
  readonly onProcess: (process: number) => void;
}

/** While somebody drags, nobody wants to wait for every place on the way. */
const PATIENCE_MS = 120;

export function NodePanel({ session, us, process, onProcess }: NodePanelProps) {
  const { record, diver, order } = session;
  const node = record.processes[process]?.name ?? '';
  const [state, setState] = useState<NodeState | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [tookMs, setTookMs] = useState(0);
  const [log, setLog] = useState<LogPage | null>(null);

  useEffect(() => {
    let isWanted = true;
    const timer = setTimeout(async () => {
      const began = performance.now();
      try {
        const found = await diver.ask('node', { ...order, us, node, endUs: record.endUs });
        if (!isWanted) return;
        setState(found);
        setProblem(null);
        setTookMs(performance.now() - began);
        // Ahead of the next question: until every post is taken, or the next question comes.
        while (isWanted && (await diver.ask('prepare', {}))) continue;
      } catch (error) {
        if (isWanted) setProblem(error instanceof Error ? error.message : String(error));
      }
    }, PATIENCE_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [session, us, node]);

  useEffect(() => setLog(null), [us, node]);

  const openLog = async (partition: string, fromOffset: number): Promise<void> => {
    try {
      setLog(await diver.ask('log', { node, partition, fromOffset }));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };

  return (
    <div class="node">
      <p class="pick">
        <label>
          Look into{' '}
          <select value={String(process)} onChange={(event) => onProcess(Number(event.currentTarget.value))}>
            {record.processes.map(({ name, kind }, index) => (
              <option key={name} value={String(index)}>
                {name} ({kind})
              </option>
            ))}
          </select>
        </label>{' '}
        <span class="note">
          {state === null
            ? 'a run is brought to this moment ...'
            : `as of ${timeText(state.us)}, ${state.node === node && Math.abs(state.us - us) < 2 ? `in ${Math.round(tookMs)} ms` : 'going on to the moment ...'}`}
        </span>
      </p>
      {problem === null ? null : <p class="bad">{problem}</p>}
      {log === null ? null : (
        <LogView log={log} onMore={(offset) => void openLog(log.partition, offset)} onClose={() => setLog(null)} />
      )}
      {state === null ? null : (
        <>
          <dl class="facts">
            {state.summary.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
          <button type="button" class="link" onClick={() => void openLog('__cluster_metadata-0', 0)}>
            open its metadata log
          </button>
          {state.tables.map((table, index) => (
            <TableView key={table.title} table={table} isOpen={index < 1} onLog={(partition) => void openLog(partition, 0)} />
          ))}
        </>
      )}
    </div>
  );
}

function TableView({
  table,
  isOpen,
  onLog,
}: {
  readonly table: StateTable;
  readonly isOpen: boolean;
  readonly onLog: (partition: string) => void;
}) {
  const { title, headings, rows, note, logs } = table;
  return (
    <details open={isOpen}>
      <summary>
        {title} <small>{note ?? rows.length}</small>
      </summary>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              {headings.map((heading) => (
                <th key={heading}>{heading}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={row.join('|')}>
                {row.map((cell, column) => (
                  <td key={headings[column]}>
                    {column === 0 && logs?.[index] !== undefined ? (
                      <button type="button" class="link" title="open its log" onClick={() => onLog(logs[index] as string)}>
                        {cell}
                      </button>
                    ) : (
                      cell
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function LogView({
  log,
  onMore,
  onClose,
}: {
  readonly log: LogPage;
  readonly onMore: (offset: number) => void;
  readonly onClose: () => void;
}) {
  return (
    <section class="log">
      <h4>
        Log of {log.partition}{' '}
        <button type="button" class="link" onClick={onClose}>
          close
        </button>
      </h4>
      {log.batches.length === 0 ? <p class="note">It holds no batch from there on.</p> : null}
      <ol>
        {log.batches.map(({ title, leaderEpoch, records }) => (
          <li key={title}>
            <i class={`swatch series-${((leaderEpoch % 8) + 8) % 8}`} /> {title}
            <ul>
              {records.map(({ offset, key, value }) => (
                <li key={offset}>
                  <b>{offset}</b> {key === null ? '' : `${key}: `}
                  {value ?? (key === null ? 'nothing' : '')}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
      {log.nextOffset === null ? null : (
        <button type="button" onClick={() => onMore(log.nextOffset as number)}>
          from {log.nextOffset} on
        </button>
      )}
    </section>
  );
}
