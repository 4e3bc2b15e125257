/** Dark or light: as the system has it, until somebody says otherwise. */
import { useEffect, useState } from 'preact/hooks';

const DARK = matchMedia('(prefers-color-scheme: dark)');
const CHANGED = 'trial-theme';

function themeNow(): string {
  return document.documentElement.dataset['theme'] ?? (DARK.matches ? 'dark' : 'light');
}

export function nextTheme(): void {
  document.documentElement.dataset['theme'] = themeNow() === 'dark' ? 'light' : 'dark';
  document.dispatchEvent(new Event(CHANGED));
}

/** Another value whenever the colours are others. */
export function useThemeKey(): string {
  const [key, setKey] = useState(themeNow);
  useEffect(() => {
    const changed = (): void => setKey(themeNow());
    document.addEventListener(CHANGED, changed);
    DARK.addEventListener('change', changed);
    return () => {
      document.removeEventListener(CHANGED, changed);
      DARK.removeEventListener('change', changed);
    };
  }, []);
  return key;
}
