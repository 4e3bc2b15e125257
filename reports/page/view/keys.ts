/** The keys of the page. Where somebody types, they are the field's. */

export interface KeyActions {
  readonly step: (direction: 1 | -1) => void;
  readonly shift: (us: number) => void;
  readonly page: (direction: 1 | -1) => void;
  readonly ends: (isEnd: boolean) => void;
  readonly violation: () => void;
  readonly zoom: (factor: number) => void;
  readonly fit: () => void;
  readonly tab: (index: number) => void;
  readonly tour: () => void;
  readonly theme: () => void;
  readonly help: () => void;
  readonly escape: () => void;
}

const MILLISECOND_US = 1_000;

/** Returns what ends it. */
export function listenForKeys(actions: KeyActions): () => void {
  const listener = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || isTyping(event.target)) return;
    if (!act(event, actions)) return;
    event.preventDefault();
  };
  document.addEventListener('keydown', listener);
  return () => document.removeEventListener('keydown', listener);
}

/** False: it is no key of the page. */
function act({ key, shiftKey, altKey }: KeyboardEvent, actions: KeyActions): boolean {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowRight': {
      const direction = key === 'ArrowRight' ? 1 : -1;
      if (shiftKey) actions.shift(direction * MILLISECOND_US);
      else if (altKey) actions.page(direction);
      else actions.step(direction);
      return true;
    }
    case 'Home':
    case 'End':
      actions.ends(key === 'End');
      return true;
    case '+':
    case '=':
      actions.zoom(0.5);
      return true;
    case '-':
      actions.zoom(2);
      return true;
    case '0':
      actions.fit();
      return true;
    case '1':
    case '2':
    case '3':
    case '4':
      actions.tab(Number(key) - 1);
      return true;
    case 'v':
      actions.violation();
      return true;
    case 't':
      actions.tour();
      return true;
    case 'd':
      actions.theme();
      return true;
    case '?':
      actions.help();
      return true;
    case 'Escape':
      actions.escape();
      return true;
    default:
      return false;
  }
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.matches('input:not([type=checkbox]), textarea, select') || target.isContentEditable)
  );
}
