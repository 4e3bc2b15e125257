/** What the page shows, whether it is the run that was recorded, and how the page is to look. */
import type { PageData } from '../../page-data.ts';
import type { RunRecord } from '../../record/run-record.ts';
import { timeText } from '../model/at.ts';
import type { Session } from '../session.ts';

interface HeaderProps {
  readonly data: PageData;
  readonly session: Session;
  readonly isOriginal: boolean;
  /** How far the run is, if it goes on. */
  readonly simulatedMs: number;
  readonly onViolation: () => void;
  readonly onTheme: () => void;
  readonly onTour: () => void;
  readonly onHelp: () => void;
}

export function Header({ data, session, isOriginal, simulatedMs, onViolation, onTheme, onTour, onHelp }: HeaderProps) {
  const { record, order } = session;
  const violation = record.violations[0];
  const { plan } = order;
  return (
    <header class={record.verdict}>
      <div class="what">
        <h1>
          {violation === undefined ? (
            <>
              <span class="chip">{chipOf(record)}</span> {plan.scenario}, seed {plan.seed}
            </>
          ) : (
            <>
              <button type="button" class="chip" title="go to the violation (V)" onClick={onViolation}>
                ✕ {violation.property}
              </button>{' '}
              {violation.title}
            </>
          )}
        </h1>
        <p class="message">
          {violation === undefined
            ? (record.error ??
              `${record.faults.filter(({ isRefused }) => !isRefused).length} faults, ${(record.endUs / 1e6).toFixed(1)} s simulated`)
            : `${timeText(violation.us)}: ${violation.message.split('\n')[0]}`}
        </p>
        <p class="note">
          {plan.scenario}, seed {plan.seed}: {plan.cluster.brokers} brokers, {plan.cluster.combined ? 'combined with ' : ''}
          {plan.cluster.controllers} controllers, {plan.clients.length} clients, {plan.faults.length} faults.{' '}
          {data.mutant === null ? '' : `Its Kafka has a bug: ${data.mutant}. `}
          <code>{data.reproduce}</code>
        </p>
      </div>
      <div class="side">
        <HashBadge data={data} session={session} isOriginal={isOriginal} simulatedMs={simulatedMs} />
        <p class="buttons">
          <button type="button" onClick={onTour} title="a tour of ten seconds (T)">
            Tour
          </button>
          <button type="button" onClick={onHelp} title="keys and signs (?)">
            Keys and signs
          </button>
          <button type="button" onClick={onTheme} title="dark or light (D)">
            Light/dark
          </button>
        </p>
      </div>
    </header>
  );
}

function chipOf({ isWhole, verdict }: RunRecord): string {
  if (!isWhole) return '… runs';
  return verdict === 'pass' ? '✓ passed' : '! no result';
}

function HashBadge({
  data,
  session,
  isOriginal,
  simulatedMs,
}: Pick<HeaderProps, 'data' | 'session' | 'isOriginal' | 'simulatedMs'>) {
  const { record } = session;
  if (!record.isWhole) {
    return (
      <p class="badge changed" id="so-far">
        … shown up to {(record.endUs / 1e6).toFixed(0)} s; the run goes on here, at {(simulatedMs / 1e3).toFixed(0)} s
      </p>
    );
  }
  const { traceHash, by } = data.expected;
  const took = `ran here in ${(record.wallMs / 1_000).toFixed(1)} s`;
  if (!isOriginal) return <p class="badge changed">△ a changed plan, {took}</p>;
  if (data.recordedBecause !== null) {
    return (
      <p class="badge changed" id="hash" title={data.recordedBecause}>
        ▤ as it was recorded by {by}, not run here; trace hash <code>{record.traceHash}</code>
        {traceHash === record.traceHash ? '' : `, which is not the expected ${traceHash}`}
      </p>
    );
  }
  if (traceHash === record.traceHash) {
    return (
      <p class="badge same" id="hash" title={`recorded by ${by}`}>
        ✓ the recorded run: same trace hash <code>{traceHash}</code>, {took}
      </p>
    );
  }
  return (
    <p class="badge other" id="hash">
      ! not the recorded run: its trace hash is <code>{traceHash === '' ? 'unknown' : traceHash}</code>, this one's{' '}
      <code>{record.traceHash}</code>
      {data.codeChanged === null ? '' : `; ${data.codeChanged}`}
    </p>
  );
}
