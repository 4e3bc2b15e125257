/** What was violated, what it depends on, and which faults it takes. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { FaultPlan, Plan } from '../../../../sim/plan.ts';
import type { RunRecord } from '../../record/run-record.ts';
import { timeText } from '../model/at.ts';
import { WorkerClient } from '../client.ts';
import type { Session } from '../session.ts';
import { faultText } from '../model/plan-text.ts';

interface StoryProps {
  readonly session: Session;
  /** Of the worker that runs; null: nothing can be run here. */
  readonly address: string | null;
  readonly us: number;
  readonly onMoment: (us: number, line: number) => void;
}

/** Of a long story the end is shown at first, which is nearest to the violation; so many sentences. */
const SHOWN_FIRST = 14;

export function StoryPanel({ session, address, us, onMoment }: StoryProps) {
  const { record } = session;
  const list = useRef<HTMLOListElement>(null);
  const [isWhole, setIsWhole] = useState(false);
  // The story goes along with the moment: at first its end is seen, which is the violation.
  useEffect(() => {
    const past = list.current?.querySelectorAll('.past') ?? [];
    past[past.length - 1]?.scrollIntoView({ block: 'nearest' });
  }, [us, record]);
  if (record.violations.length === 0) return <Passed record={record} onMoment={onMoment} />;
  const told = record.story?.told ?? [];
  const first = record.violations[0];
  const hidden = isWhole ? 0 : Math.max(0, told.length - SHOWN_FIRST);
  return (
    <div class="story">
      {hidden === 0 ? null : (
        <button type="button" class="earlier" onClick={() => setIsWhole(true)}>
          from the beginning: {hidden} sentences before these
        </button>
      )}
      <ol ref={list}>
        {told.slice(hidden).map((sentence, index) => (
          <li key={hidden + index} class={sentence.us <= us ? 'past' : ''}>
            <button type="button" class="link" onClick={() => onMoment(sentence.us, sentence.line)}>
              {timeText(sentence.us)}
            </button>{' '}
            {sentence.sentence}
          </li>
        ))}
        {record.violations.map(({ property, message, us: at, line }) => (
          <li key={property} class={`violated${at <= us ? ' past' : ''}`}>
            <button type="button" class="link" onClick={() => onMoment(at, line)}>
              {timeText(at)}
            </button>{' '}
            <b>✕ {property}</b> {message.split('\n')[0]}
          </li>
        ))}
      </ol>
      {first === undefined || !record.isWhole || address === null ? null : <Blame session={session} address={address} />}
      <Excuses record={record} />
    </div>
  );
}

function Passed({ record, onMoment }: { readonly record: RunRecord; readonly onMoment: StoryProps['onMoment'] }) {
  return (
    <div class="story">
      {record.error === null ? (
        <p>{record.isWhole ? 'Every property held in this run.' : 'Nothing is violated so far.'}</p>
      ) : (
        <p class="bad">{record.error}</p>
      )}
      <h4>Its phases</h4>
      <ol>
        {record.phases.map(({ phase, us }) => (
          <li key={us}>
            <button type="button" class="link" onClick={() => onMoment(us, -1)}>
              {timeText(us)}
            </button>{' '}
            {phase}
          </li>
        ))}
      </ol>
      <h4>Its faults</h4>
      <ol>
        {record.faults.map(({ kind, processes, fromUs, isRefused }) => (
          <li key={`${kind} ${fromUs}`}>
            <button type="button" class="link" onClick={() => onMoment(fromUs, -1)}>
              {timeText(fromUs)}
            </button>{' '}
            {kind} on {processes.map((process) => record.processes[process]?.name ?? '?').join(', ') || 'nobody'}
            {isRefused ? ': refused' : ''}
          </li>
        ))}
      </ol>
      <Excuses record={record} />
    </div>
  );
}

function Excuses({ record }: { readonly record: RunRecord }) {
  const excuses = Object.entries(record.excuses);
  if (excuses.length === 0) return null;
  return (
    <details>
      <summary>{excuses.length} properties were not promised in this run</summary>
      <ul>
        {excuses.map(([property, reason]) => (
          <li key={property}>
            <b>{property}</b> {reason}
          </li>
        ))}
      </ul>
    </details>
  );
}

const SCHEDULES = 5;

interface Share {
  readonly fault: FaultPlan | null;
  readonly failed: number;
  readonly of: number;
}

/** Runs the plan without each of its faults, scheduled anew from the beginning of the chaos on. */
function Blame({ session, address }: { readonly session: Session; readonly address: string }) {
  const [shares, setShares] = useState<readonly Share[]>([]);
  const [state, setState] = useState<'idle' | 'running' | 'done' | string>('idle');
  const { plan } = session.order;

  const find = async (): Promise<void> => {
    const { record, order } = session;
    const violation = record.violations[0];
    if (violation === undefined) return;
    setShares([]);
    setState('running');
    const client = new WorkerClient(address);
    const fromUs = record.phases.find(({ phase }) => phase === 'chaos')?.us ?? 0;
    const ask = (without: FaultPlan | null): Promise<{ readonly failed: number; readonly of: number }> =>
      client.ask('share', {
        ...order,
        plan: withoutFault(plan, without),
        fingerprint: violation.fingerprint,
        fromUs,
        failedAtUs: violation.us,
        schedules: SCHEDULES,
      });
    try {
      for (const fault of [null, ...plan.faults]) {
        const share = await ask(fault);
        setShares((before) => [...before, { fault, ...share }]);
      }
      setState('done');
    } catch (error) {
      setState(error instanceof Error ? error.message : String(error));
    } finally {
      client.close();
    }
  };

  const [withAll] = shares;
  // Without it never, with all of them at times.
  const isNeeded = (fault: FaultPlan | null, failed: number): boolean =>
    fault !== null && failed === 0 && (withAll?.failed ?? 0) > 0;

  return (
    <section class="blame">
      <h4>Which faults it takes</h4>
      <p class="note">
        The plan again without each of its {plan.faults.length} faults, {SCHEDULES} times, each time with other chance from the
        beginning of the chaos on.
      </p>
      {state === 'idle' ? (
        <button type="button" onClick={() => void find()}>
          Find out ({(plan.faults.length + 1) * SCHEDULES} runs)
        </button>
      ) : null}
      {shares.length === 0 ? null : (
        <table>
          <thead>
            <tr>
              <th>without</th>
              <th>it fails in</th>
            </tr>
          </thead>
          <tbody>
            {shares.map(({ fault, failed, of }) => (
              <tr key={fault === null ? '' : JSON.stringify(fault)} class={isNeeded(fault, failed) ? 'needed' : ''}>
                <td>{fault === null ? 'nothing: all faults' : faultText(fault)}</td>
                <td>
                  <meter min={0} max={of} value={failed} aria-hidden="true" /> {failed} of {of}
                  {isNeeded(fault, failed) ? ', needed' : ''}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {withAll?.failed === 0 ? (
        <p class="note">
          With all faults and other chance it does not fail either: it takes more than faults, and these runs do not tell which.
        </p>
      ) : null}
      {state === 'running' ? <p class="note">runs ...</p> : null}
      {state !== 'idle' && state !== 'running' && state !== 'done' ? <p class="bad">{state}</p> : null}
    </section>
  );
}

function withoutFault(plan: Plan, fault: FaultPlan | null): Plan {
  return fault === null ? plan : { ...plan, faults: plan.faults.filter((each) => each !== fault) };
}
