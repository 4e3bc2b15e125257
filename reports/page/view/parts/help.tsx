/** The keys, and what the signs of the picture mean. */

const KEYS: readonly (readonly [string, string])[] = [
  ['← →', 'event before, next event (of the kind that is chosen)'],
  ['Shift ← →', '1 ms back, on'],
  ['Alt ← →', 'a tenth of what is shown back, on'],
  ['Home End', 'beginning, end of the run'],
  ['V', 'the violation'],
  ['+ − 0', 'zoom in, zoom out, the whole run'],
  ['Ctrl wheel, Shift wheel', 'zoom and move over the picture'],
  ['1 2 3 4', 'story, node, frame, change'],
  ['T D ?', 'tour, dark or light, this'],
];

export function Help({ onClose }: { readonly onClose: () => void }) {
  return (
    <dialog class="help" open aria-label="keys and signs">
      <button type="button" class="close" onClick={onClose} aria-label="close">
        ×
      </button>
      <h2>Keys</h2>
      <dl>
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <h2>Signs</h2>
      <Legend />
    </dialog>
  );
}

export function Legend() {
  return (
    <ul class="legend">
      <li>
        <i class="sign up" /> up
      </li>
      <li>
        <i class="sign down" /> down
      </li>
      <li>
        <i class="sign fault" /> a fault, or paused, slow
      </li>
      <li>
        <i class="sign quorum" /> leads the quorum; thick: active controller
      </li>
      <li>
        <i class="sign leader series-0" /> leads the partition; colour: leader epoch
      </li>
      <li>
        <i class="sign request" /> request
      </li>
      <li>
        <i class="sign response" /> response; ✕: never arrived
      </li>
      <li>
        <i class="sign committed series-0" /> below the high watermark
      </li>
      <li>
        <i class="sign uncommitted series-0" /> above it
      </li>
      <li>
        <i class="sign cut" /> just cut off
      </li>
      <li>
        <i class="sign watermark" /> high watermark; short: last stable offset
      </li>
    </ul>
  );
}
