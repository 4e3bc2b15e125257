/** Colours of the canvas, from the page's style, so that light and dark are decided in one place. */

export interface Theme {
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly card: string;
  readonly paper: string;
  readonly accent: string;
  readonly bad: string;
  readonly warn: string;
  readonly good: string;
  readonly violet: string;
  readonly font: string;
  /** Told apart also by who does not see colours as most do (after Okabe and Ito); never the only sign. */
  readonly series: readonly string[];
}

const SERIES_MAX = 8;

export function themeOf(element: Element): Theme {
  const style = getComputedStyle(element);
  const value = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: value('ink'),
    soft: value('soft'),
    line: value('line'),
    card: value('card'),
    paper: value('paper'),
    accent: value('accent'),
    bad: value('bad'),
    warn: value('warn'),
    good: value('good'),
    violet: value('violet'),
    font: '11px system-ui, sans-serif',
    series: Array.from({ length: SERIES_MAX }, (_, index) => value(`series-${index}`)),
  };
}

export function seriesColour(theme: Theme, index: number): string {
  return theme.series[((index % SERIES_MAX) + SERIES_MAX) % SERIES_MAX] as string;
}

/** The same colour, seen through. */
export function faded(colour: string, alpha: number): string {
  const digits = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour);
  if (digits === null) return colour;
  const [red, green, blue] = digits.slice(1).map((digit) => Number.parseInt(digit, 16));
  return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
}
