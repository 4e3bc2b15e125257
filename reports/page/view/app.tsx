/** The page: reads what the file holds, runs it again in a worker, and shows it. */
import './style.css';
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { PageData } from '../page-data.ts';
import { BrokenPage, readData, readRecorded, workerAddress } from './embedded.ts';
import { Machine } from './machine.tsx';
import { recordedSession, runSession, type Session } from './session.ts';

function App({ data }: { readonly data: PageData }) {
  const [ready, setReady] = useState<{ readonly session: Session; readonly address: string | null } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [simulatedMs, setSimulatedMs] = useState(0);

  useEffect(() => {
    void begin();

    async function begin(): Promise<void> {
      try {
        const order = { plan: data.plan, driven: data.driven };
        if (data.recordedBecause !== null) {
          setReady({ session: recordedSession(order, await readRecorded()), address: null });
          return;
        }
        const address = await workerAddress();
        const session = await runSession(address, order, {
          onProgress: setSimulatedMs,
          onSoFar: (soFar) => setReady({ session: soFar, address }),
        });
        setReady({ session, address });
      } catch (error) {
        setProblem(
          error instanceof BrokenPage
            ? error.message
            : `The run came to no end: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  }, []);

  if (problem !== null) return <Broken problem={problem} />;
  if (ready === null) {
    return (
      <p class="wait" role="status">
        {data.plan.scenario}, seed {data.plan.seed}: runs again, {(simulatedMs / 1_000).toFixed(0)} s simulated ...
      </p>
    );
  }
  return <Machine data={data} session={ready.session} address={ready.address} simulatedMs={simulatedMs} />;
}

function Broken({ problem }: { readonly problem: string }) {
  return (
    <p class="wait bad" id="problem" role="alert">
      {problem}
    </p>
  );
}

function start(): void {
  const root = document.getElementById('app');
  if (root === null) return;
  root.textContent = '';
  let data: PageData;
  try {
    data = readData();
  } catch (error) {
    render(<Broken problem={error instanceof BrokenPage ? error.message : String(error)} />, root);
    return;
  }
  render(<App data={data} />, root);
}

// The blocks with data come after this script.
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
else start();
