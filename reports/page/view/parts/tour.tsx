/** Ten seconds: five parts of the page, two seconds each. */
import { useEffect, useState } from 'preact/hooks';

const STOPS: readonly { readonly selector: string; readonly text: string }[] = [
  { selector: 'header', text: 'What was violated. The page has run the seed again: the hash says whether it is the same run.' },
  { selector: '.lanes', text: 'A lane for each process. Drag to move in time; faults are bands, the red line is the violation.' },
  { selector: '.strips', text: 'The logs of a partition at this moment, in the colours of the leader epochs.' },
  { selector: '.story, .panel', text: 'The story of the violation. Every time is a link to its moment.' },
  { selector: '.tabs', text: 'Look into a node or a frame, or change the plan and run it again.' },
];
const STOP_MS = 2_000;

export function Tour({ onEnd }: { readonly onEnd: () => void }) {
  const [stop, setStop] = useState(0);
  const current = STOPS[stop];
  useEffect(() => {
    if (current === undefined) {
      onEnd();
      return;
    }
    const element = document.querySelector(current.selector);
    element?.classList.add('toured');
    const timer = setTimeout(() => setStop(stop + 1), STOP_MS);
    return () => {
      clearTimeout(timer);
      element?.classList.remove('toured');
    };
  }, [stop]);
  if (current === undefined) return null;
  return (
    <div class="tour" role="status">
      <p>
        {stop + 1} of {STOPS.length}. {current.text}
      </p>
      <button type="button" onClick={onEnd}>
        End the tour
      </button>
    </div>
  );
}
