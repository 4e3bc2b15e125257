/** Changes the plan, runs it again in the page, and says whether it still fails. */
import { useState } from 'preact/hooks';
import type { Plan } from '../../../../sim/plan.ts';
import { WorkerClient } from '../client.ts';
import { changesOf, type Draft, draftOf, planOfDraft } from '../model/draft.ts';
import { targetText } from '../model/plan-text.ts';
import { closeSession, runSession, type Session } from '../session.ts';

export interface Trial {
  readonly id: number;
  readonly changes: string;
  readonly plan: Plan;
  readonly state: 'running' | 'done' | 'failed';
  readonly text: string;
  readonly session: Session | null;
  readonly isSameFailure: boolean;
}

interface ChangePanelProps {
  readonly address: string;
  /** The run that the page was made for. */
  readonly original: Session;
  readonly shown: Session;
  readonly trials: readonly Trial[];
  readonly onTrials: (change: (trials: readonly Trial[]) => readonly Trial[]) => void;
  readonly onShow: (session: Session) => void;
}

/** Sessions that are kept: each holds a whole run. */
const KEPT = 4;

export function ChangePanel({ address, original, shown, trials, onTrials, onShow }: ChangePanelProps) {
  const [draft, setDraft] = useState<Draft>(() => draftOf(original.order.plan));
  const [note, setNote] = useState('');
  const [shrinking, setShrinking] = useState<WorkerClient | null>(null);
  const change = (part: Partial<Draft>): void => setDraft((before) => ({ ...before, ...part }));

  const run = async (plan: Plan, changes: string): Promise<void> => {
    const id = Date.now();
    const put = (part: Partial<Trial>): void =>
      onTrials((before) => before.map((trial) => (trial.id === id ? { ...trial, ...part } : trial)));
    onTrials((before) => {
      for (const old of before.slice(KEPT - 1)) if (old.session !== null && old.session !== shown) closeSession(old.session);
      return [
        { id, changes, plan, state: 'running', text: 'runs ...', session: null, isSameFailure: false },
        ...before.slice(0, KEPT - 1),
      ];
    });
    try {
      const session = await runSession(
        address,
        { plan, driven: original.order.driven },
        { onProgress: (simulatedMs) => put({ text: `${Math.round(simulatedMs / 1_000)} s simulated ...` }) },
      );
      const { text, isSameFailure } = comparedWith(original, session);
      put({ state: 'done', text, session, isSameFailure });
    } catch (error) {
      put({ state: 'failed', text: error instanceof Error ? error.message : String(error) });
    }
  };

  const shrink = async (): Promise<void> => {
    const violation = original.record.violations[0];
    if (violation === undefined) return;
    const client = new WorkerClient(address);
    setShrinking(client);
    let best = original.order.plan;
    try {
      const { plan, runs } = await client.ask('shrink', { ...original.order, fingerprint: violation.fingerprint }, (progress) => {
        best = progress.plan ?? best;
        setNote(
          `${progress.runs} runs: ${best.faults.length} faults, ${best.clients.length} clients, ${best.cluster.brokers} brokers are left`,
        );
      });
      best = plan;
      setNote(
        `After ${runs} runs: ${plan.faults.length} faults, ${plan.clients.length} clients, ${plan.cluster.brokers} brokers are left.`,
      );
    } catch (error) {
      setNote(`Stopped: ${error instanceof Error ? error.message : String(error)}. What it had come to is below.`);
    } finally {
      client.close();
      setShrinking(null);
    }
    setDraft(draftOf(best));
    await run(best, 'made small');
  };

  const copy = async (): Promise<void> => {
    const text = `${JSON.stringify(planOfDraft(draft), null, 2)}\n`;
    try {
      await navigator.clipboard.writeText(text);
      setNote('Copied. Save it as plan.json; "npx trial replay plan.json" runs it in a terminal.');
    } catch {
      setNote(text);
    }
  };

  return (
    <div class="change">
      <h4>Faults</h4>
      <ul class="faults">
        {draft.faults.map(({ fault, isOn }, index) => {
          const put = (part: Partial<Draft['faults'][number]>): void =>
            change({ faults: draft.faults.map((each, at) => (at === index ? { ...each, ...part } : each)) });
          return (
            <li key={index} class={isOn ? '' : 'off'}>
              <label>
                <input type="checkbox" checked={isOn} onChange={(event) => put({ isOn: event.currentTarget.checked })} />{' '}
                <b>{fault.kind}</b> on {targetText(fault.target)}
              </label>
              <span class="times">
                {fault.on === undefined ? (
                  <NumberField
                    label="at"
                    unit="ms"
                    value={fault.atMs ?? 0}
                    onValue={(atMs) => put({ fault: { ...fault, atMs } })}
                  />
                ) : (
                  <span class="note">
                    at {fault.on.event} {fault.on.nth}
                  </span>
                )}{' '}
                <NumberField label="for" unit="ms" value={fault.forMs} onValue={(forMs) => put({ fault: { ...fault, forMs } })} />
              </span>
            </li>
          );
        })}
        {draft.faults.length === 0 ? <li class="note">The plan has none.</li> : null}
      </ul>
      <details>
        <summary>Clients, network, configs, chance</summary>
        <ul class="faults">
          {draft.clients.map(({ client, isOn }, index) => (
            <li key={client.name} class={isOn ? '' : 'off'}>
              <label>
                <input
                  type="checkbox"
                  checked={isOn}
                  onChange={(event) =>
                    change({
                      clients: draft.clients.map((each, at) =>
                        at === index ? { ...each, isOn: event.currentTarget.checked } : each,
                      ),
                    })
                  }
                />{' '}
                {client.name} <small>{client.workload}</small>
              </label>
            </li>
          ))}
        </ul>
        <p>
          <NumberField label="latency" unit="µs" value={draft.latencyUs} onValue={(latencyUs) => change({ latencyUs })} />{' '}
          <NumberField label="jitter" unit="µs" value={draft.jitterUs} onValue={(jitterUs) => change({ jitterUs })} />
        </p>
        {[...draft.configs, { name: '', value: '' }].map(({ name, value }, index) => {
          const put = (part: { readonly name?: string; readonly value?: string }): void => {
            const rows = [...draft.configs, { name: '', value: '' }];
            rows[index] = { name, value, ...part };
            change({ configs: rows.filter((row) => row.name !== '' || row.value !== '') });
          };
          return (
            <p key={index} class="config">
              <input
                placeholder="min.insync.replicas"
                value={name}
                aria-label="name of a broker config"
                onInput={(event) => put({ name: event.currentTarget.value })}
              />
              <input
                placeholder="value"
                value={value}
                aria-label="its value"
                onInput={(event) => put({ value: event.currentTarget.value })}
              />
            </p>
          );
        })}
        <p>
          <label>
            draw as the run of seed{' '}
            <input
              type="number"
              min={0}
              value={draft.chanceOf ?? ''}
              placeholder={String(draft.base.seed)}
              onInput={(event) =>
                change({ chanceOf: event.currentTarget.value === '' ? null : Number(event.currentTarget.value) })
              }
            />
          </label>{' '}
          <button type="button" onClick={() => change({ chanceOf: (draft.chanceOf ?? draft.base.seed) + 1 })}>
            another schedule
          </button>
        </p>
      </details>
      <p class="buttons">
        <button type="button" class="primary" onClick={() => void run(planOfDraft(draft), changesOf(draft))}>
          Run it
        </button>{' '}
        <button type="button" onClick={() => setDraft(draftOf(original.order.plan))}>
          As it was
        </button>{' '}
        <button type="button" onClick={() => void copy()}>
          Copy the plan
        </button>{' '}
        {original.record.violations.length === 0 ? null : shrinking === null ? (
          <button type="button" onClick={() => void shrink()}>
            Shrink
          </button>
        ) : (
          <button type="button" onClick={() => shrinking.close()}>
            Stop
          </button>
        )}
      </p>
      {note === '' ? null : <pre class="note">{note}</pre>}
      <ol class="trials" aria-live="polite">
        {trials.map(({ id, changes, text, state, session, isSameFailure }) => (
          <li key={id} class={`${state}${isSameFailure ? ' same' : ''}`}>
            <b>{changes}</b>: {text}{' '}
            {session === null ? null : session === shown ? (
              <span class="note">shown</span>
            ) : (
              <button type="button" class="link" onClick={() => onShow(session)}>
                show it
              </button>
            )}
          </li>
        ))}
        <li>
          <b>as it was recorded</b>:{' '}
          {shown === original ? (
            <span class="note">shown</span>
          ) : (
            <button type="button" class="link" onClick={() => onShow(original)}>
              show it
            </button>
          )}
        </li>
      </ol>
    </div>
  );
}

interface NumberFieldProps {
  readonly label: string;
  readonly unit: string;
  readonly value: number;
  readonly onValue: (value: number) => void;
}

function NumberField({ label, unit, value, onValue }: NumberFieldProps) {
  return (
    <label class="number">
      {label}{' '}
      <input
        type="number"
        min={0}
        value={value}
        onInput={(event) => onValue(Math.max(0, Math.round(Number(event.currentTarget.value))))}
      />{' '}
      {unit}
    </label>
  );
}

function comparedWith({ record: before }: Session, { record }: Session): Pick<Trial, 'text' | 'isSameFailure'> {
  if (record.verdict === 'error') return { text: `came to no result: ${record.error ?? ''}`, isSameFailure: false };
  if (record.verdict === 'pass') return { text: 'passes: every property holds', isSameFailure: false };
  const known = new Set(before.violations.map(({ fingerprint }) => fingerprint));
  const same = record.violations.find(({ fingerprint }) => known.has(fingerprint));
  const ids = record.violations.map(({ property }) => property).join(', ');
  return same === undefined
    ? { text: `fails, in another way: ${ids}`, isSameFailure: false }
    : { text: `still fails in the same way: ${ids}`, isSameFailure: true };
}
